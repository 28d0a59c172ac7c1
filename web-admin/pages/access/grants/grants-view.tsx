import { Badge, Button } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { lazy, Suspense, useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { Grant } from '../../../api/schema.gen.ts';
import { useList } from '../../../api/use-api.ts';
import { useFilters } from '../../../api/use-filters.ts';
import { useMe } from '../../../api/use-me.ts';
import { Copyable } from '../../../components/copyable.tsx';
import { type Column, DataTable } from '../../../components/data-table.tsx';
import { Empty } from '../../../components/empty.tsx';
import { GuardedButton } from '../../../components/guarded.tsx';
import { Time } from '../../../components/time.tsx';
import { AdminPicker, RolePicker, ServicePicker } from '../pickers.tsx';
import { ServiceName } from '../service-name.tsx';
import { useRemoveGrant } from './remove-grant.ts';

const CreateGrant = lazy(() => import('./create-grant.tsx').then(({ CreateGrant }) => ({ default: CreateGrant })));

function useColumns(): Column<Grant>[] {
  const { t } = useTranslation('access');
  const { t: shell } = useTranslation();
  const { data: me } = useMe();
  const remove = useRemoveGrant();
  return useMemo(
    () => [
      {
        id: 'email',
        header: t('grant.admin'),
        size: 260,
        grow: true,
        cell: ({ email, adminId }) => (
          <>
            <span className="ltr">{email}</span>
            {adminId === me?.id && (
              <Badge ms="xs" size="sm" variant="default" tt="none">
                {t('you')}
              </Badge>
            )}
          </>
        ),
      },
      { id: 'role', header: t('grant.role'), size: 180, cell: ({ role }) => <code>{role}</code> },
      {
        id: 'service',
        header: t('grant.where'),
        size: 220,
        cell: ({ serviceId }) => (serviceId ? <ServiceName id={serviceId} /> : t('everywhere')),
      },
      { id: 'createdAt', header: t('grant.given'), size: 150, cell: ({ createdAt }) => <Time at={createdAt} /> },
      {
        id: 'createdBy',
        header: t('grant.givenBy'),
        size: 310,
        hidden: true,
        cell: ({ createdBy }) => (createdBy ? <Copyable value={createdBy} /> : '–'),
      },
      { id: 'id', header: t('id'), size: 310, hidden: true, cell: ({ id }) => <Copyable value={id} /> },
      {
        id: 'actions',
        header: shell('actions'),
        size: 130,
        cell: (grant) => (
          <GuardedButton
            route="DELETE /v1/admin/grants/{grantId}"
            size="compact-sm"
            variant="default"
            onClick={() => void remove(grant)}
          >
            {t('grant.remove')}
          </GuardedButton>
        ),
      },
    ],
    [t, shell, me?.id, remove],
  );
}

/** Who holds which role, everywhere or for one service. */
export function GrantsView() {
  const { t } = useTranslation('access');
  const { t: shell } = useTranslation();
  const [{ admin, role, service }, setFilters] = useFilters();
  const [creating, create] = useDisclosure();
  const columns = useColumns();
  const list = useList('GET /v1/admin/grants', {
    query: {
      limit: 100,
      ...(admin && { adminId: admin }),
      ...(role && { roleId: role }),
      ...(service && { serviceId: service }),
    },
  });
  const clear = () => setFilters({ admin: undefined, role: undefined, service: undefined });
  const filtered = admin || role || service;
  return (
    <>
      <DataTable
        name="grants"
        label={t('views.grants')}
        columns={columns}
        list={list}
        rowId={({ id }) => id}
        tools={
          <>
            <AdminPicker
              label={t('grant.admin')}
              placeholder={t('grant.anyAdmin')}
              value={admin ?? null}
              onChange={(id) => setFilters({ admin: id ?? undefined })}
              clearable
              w={220}
            />
            <RolePicker
              label={t('grant.role')}
              placeholder={t('grant.anyRole')}
              value={role ?? null}
              onChange={(id) => setFilters({ role: id ?? undefined })}
              clearable
              w={170}
            />
            <ServicePicker
              label={t('grant.service')}
              placeholder={t('grant.anyService')}
              value={service ?? null}
              onChange={(id) => setFilters({ service: id ?? undefined })}
              clearable
              w={190}
            />
            {filtered && (
              <Button variant="subtle" color="gray" onClick={clear}>
                {shell('clear')}
              </Button>
            )}
            <GuardedButton route="POST /v1/admin/grants" onClick={create.open}>
              {t('grant.new')}
            </GuardedButton>
          </>
        }
        empty={
          filtered ? (
            <Empty kind="noMatch" onClear={clear} />
          ) : (
            <Empty kind="none" title={t('grant.none')} hint={t('grant.noneHint')} />
          )
        }
      />
      <Suspense>
        {creating && <CreateGrant admin={admin ?? null} service={service ?? null} onClose={create.close} />}
      </Suspense>
    </>
  );
}
