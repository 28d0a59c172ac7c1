import { Badge, Select } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { lazy, Suspense, useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { Admin } from '../../../api/schema.gen.ts';
import { useList } from '../../../api/use-api.ts';
import { useFilters } from '../../../api/use-filters.ts';
import { useMe } from '../../../api/use-me.ts';
import { Copyable } from '../../../components/copyable.tsx';
import { type Column, DataTable } from '../../../components/data-table.tsx';
import { Empty } from '../../../components/empty.tsx';
import { GuardedButton } from '../../../components/guarded.tsx';
import { SearchField } from '../../../components/search-field.tsx';
import { Time } from '../../../components/time.tsx';
import { AdminStatus } from './admin-status.tsx';

const CreateAdmin = lazy(() => import('./create-admin.tsx').then(({ CreateAdmin }) => ({ default: CreateAdmin })));
const AdminDrawer = lazy(() => import('./admin-drawer.tsx').then(({ AdminDrawer }) => ({ default: AdminDrawer })));

const STATUSES = ['active', 'locked', 'removed'] as const;

export function AdminsView() {
  const { t } = useTranslation('access');
  const { data: me } = useMe();
  const [{ search = '', status, admin }, setFilters] = useFilters();
  const [creating, create] = useDisclosure();
  const shown = STATUSES.find((each) => each === status);
  const list = useList('GET /v1/admin/admins', {
    query: { limit: 100, ...(search && { search }), ...(shown && { status: shown }) },
  });
  const columns = useMemo<Column<Admin>[]>(
    () => [
      {
        id: 'email',
        header: t('admin.email'),
        size: 260,
        grow: true,
        cell: ({ id, email }) => (
          <>
            <span className="ltr">{email}</span>
            {id === me?.id && (
              <Badge ms="xs" size="sm" variant="default" tt="none">
                {t('you')}
              </Badge>
            )}
          </>
        ),
      },
      { id: 'name', header: t('admin.name'), size: 200, cell: ({ name }) => name },
      { id: 'status', header: t('admin.status'), size: 130, cell: (row) => <AdminStatus status={row.status} /> },
      {
        id: 'subject',
        header: t('admin.subject'),
        size: 200,
        cell: ({ subject }) => <code>{subject}</code>,
      },
      { id: 'updatedAt', header: t('admin.updated'), size: 150, cell: ({ updatedAt }) => <Time at={updatedAt} /> },
      {
        id: 'createdAt',
        header: t('admin.created'),
        size: 150,
        hidden: true,
        cell: ({ createdAt }) => <Time at={createdAt} />,
      },
      { id: 'id', header: t('id'), size: 310, hidden: true, cell: ({ id }) => <Copyable value={id} /> },
    ],
    [t, me?.id],
  );
  return (
    <>
      <DataTable
        name="admins"
        label={t('views.admins')}
        columns={columns}
        list={list}
        rowId={({ id }) => id}
        openId={admin}
        onOpen={({ id }) => setFilters({ admin: id })}
        tools={
          <>
            <SearchField
              name="admins"
              label={t('admin.search')}
              value={search}
              onSearch={(text) => setFilters({ search: text }, { replace: true })}
            />
            <Select
              aria-label={t('admin.status')}
              placeholder={t('admin.anyStatus')}
              data={STATUSES.map((value) => ({ value, label: t(`adminStatus.${value}`) }))}
              value={shown ?? null}
              onChange={(value) => setFilters({ status: value ?? undefined })}
              clearable
              clearButtonProps={{ 'aria-label': t('admin.anyStatus') }}
              w={150}
            />
            <GuardedButton route="POST /v1/admin/admins" onClick={create.open}>
              {t('admin.new')}
            </GuardedButton>
          </>
        }
        empty={<Empty kind="noMatch" onClear={() => setFilters({ search: undefined, status: undefined })} />}
      />
      <Suspense>
        {creating && <CreateAdmin onClose={create.close} onCreated={(id) => setFilters({ admin: id })} />}
        {admin && <AdminDrawer key={admin} adminId={admin} onClose={() => setFilters({ admin: undefined })} />}
      </Suspense>
    </>
  );
}
