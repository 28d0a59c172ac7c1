import { useDisclosure } from '@mantine/hooks';
import { lazy, Suspense, useCallback, useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { ServiceTesterAdmin } from '../../api/schema.gen.ts';
import { useChange, useList } from '../../api/use-api.ts';
import { Copyable } from '../../components/copyable.tsx';
import { type Column, DataTable } from '../../components/data-table.tsx';
import { Empty } from '../../components/empty.tsx';
import { GuardedButton } from '../../components/guarded.tsx';
import { Time } from '../../components/time.tsx';
import { useToast } from '../../components/toast.tsx';
import { useAuditEvent } from '../../hooks/index.ts';
import { Expiry } from './expiry.tsx';
import { RowButton } from './row-button.tsx';
import type { ServiceTabProps } from './service-page.tsx';

const AddTesterAdmin = lazy(async () => ({ default: (await import('./add-tester-admin.tsx')).AddTesterAdmin }));

const LIST = 'GET /v1/admin/services/{id}/testers/admins';
const DROP = 'DELETE /v1/admin/services/{id}/testers/admins/{adminId}';

function useRemove(id: string) {
  const { t } = useTranslation('service');
  const toast = useToast();
  const { mutateAsync: drop } = useChange(DROP, [LIST]);
  const { mutateAsync: post } = useChange('POST /v1/admin/services/{id}/testers/admins', [LIST]);
  const { trackButtonClick } = useAuditEvent();
  return useCallback(
    ({ adminId, email, expiresAt, note, version }: ServiceTesterAdmin) => {
      trackButtonClick('remove-tester-admin');
      drop({ path: { id, adminId }, ifMatch: version }).then(() => {
        const over = expiresAt !== null && new Date(expiresAt).getTime() <= Date.now();
        const putBack = () => post({ path: { id }, body: { adminId, expiresAt, note } });
        toast.done(t('testers.removed', { name: email }), over ? undefined : putBack);
      }, toast.failed);
    },
    [id, drop, post, toast, t, trackButtonClick],
  );
}

/** Admins who pass maintenance, each until its time is up. */
export function TesterAdmins({ serviceId }: ServiceTabProps) {
  const { t } = useTranslation('service');
  const { t: shell } = useTranslation();
  const [adding, add] = useDisclosure();
  const list = useList(LIST, { path: { id: serviceId }, query: { limit: 200 } });
  const remove = useRemove(serviceId);
  const columns = useMemo<Column<ServiceTesterAdmin>[]>(
    () => [
      { id: 'email', header: t('testers.admin'), size: 220, grow: true, cell: ({ email }) => email },
      {
        id: 'id',
        header: t('testers.adminId'),
        size: 300,
        hidden: true,
        cell: ({ adminId }) => <Copyable value={adminId} />,
      },
      { id: 'expires', header: t('testers.expires'), size: 220, cell: (tester) => <Expiry entry={tester} /> },
      { id: 'note', header: t('note'), size: 180, grow: true, cell: ({ note }) => note },
      { id: 'createdAt', header: t('added'), size: 130, cell: ({ createdAt }) => <Time at={createdAt} /> },
      {
        id: 'actions',
        header: shell('actions'),
        size: 110,
        cell: (tester) => (
          <RowButton
            route={DROP}
            serviceId={serviceId}
            label={t('testers.removeOne', { name: tester.email })}
            onClick={() => remove(tester)}
          >
            {shell('remove')}
          </RowButton>
        ),
      },
    ],
    [t, shell, serviceId, remove],
  );
  const addButton = (
    <GuardedButton route="POST /v1/admin/services/{id}/testers/admins" serviceId={serviceId} onClick={add.open}>
      {t('testers.addAdmin')}
    </GuardedButton>
  );
  return (
    <>
      <DataTable
        name="service-tester-admins"
        label={t('testers.admins')}
        columns={columns}
        list={list}
        rowId={({ adminId }) => adminId}
        height="calc(100dvh - 380px)"
        tools={list.items.length > 0 && addButton}
        empty={<Empty kind="none" title={t('testers.none')} hint={t('testers.adminsHint')} action={addButton} />}
      />
      <Suspense fallback={null}>{adding && <AddTesterAdmin serviceId={serviceId} onClose={add.close} />}</Suspense>
    </>
  );
}
