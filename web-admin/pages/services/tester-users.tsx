import { Badge, Group } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { lazy, Suspense, useCallback, useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { ServiceTesterUser } from '../../api/schema.gen.ts';
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

const AddTesterUser = lazy(async () => ({ default: (await import('./add-tester-user.tsx')).AddTesterUser }));

const LIST = 'GET /v1/admin/services/{id}/testers/users';
const DROP = 'DELETE /v1/admin/services/{id}/testers/users/{userId}';
const FLAGS = ['bypassDomain', 'bypassIP', 'bypassRateLimit'] as const;

function Passes({ tester }: { tester: ServiceTesterUser }) {
  const { t } = useTranslation('service');
  const passed = FLAGS.filter((flag) => tester[flag]);
  if (passed.length === 0) return t('testers.nothing');
  return (
    <Group gap={4} wrap="nowrap" h={37}>
      {passed.map((flag) => (
        <Badge key={flag} variant="light" size="sm">
          {t(`testers.${flag}`)}
        </Badge>
      ))}
    </Group>
  );
}

function useRemove(id: string) {
  const { t } = useTranslation('service');
  const toast = useToast();
  const { mutateAsync: drop } = useChange(DROP, [LIST]);
  const { mutateAsync: post } = useChange('POST /v1/admin/services/{id}/testers/users', [LIST]);
  const { trackButtonClick } = useAuditEvent();
  return useCallback(
    (tester: ServiceTesterUser) => {
      trackButtonClick('remove-tester-user');
      const { userId, bypassDomain, bypassIP, bypassRateLimit, expiresAt, note, version } = tester;
      const body = { userId, bypassDomain, bypassIP, bypassRateLimit, expiresAt, note };
      drop({ path: { id, userId }, ifMatch: version }).then(() => {
        const over = expiresAt !== null && new Date(expiresAt).getTime() <= Date.now();
        // What has expired cannot be put back: the server takes no time that is past.
        toast.done(t('testers.removed', { name: userId }), over ? undefined : () => post({ path: { id }, body }));
      }, toast.failed);
    },
    [id, drop, post, toast, t, trackButtonClick],
  );
}

/** Users who pass some of the checks, each until its time is up. */
export function TesterUsers({ serviceId }: ServiceTabProps) {
  const { t } = useTranslation('service');
  const { t: shell } = useTranslation();
  const [adding, add] = useDisclosure();
  const list = useList(LIST, { path: { id: serviceId }, query: { limit: 200 } });
  const remove = useRemove(serviceId);
  const columns = useMemo<Column<ServiceTesterUser>[]>(
    () => [
      { id: 'user', header: t('testers.user'), size: 290, cell: ({ userId }) => <Copyable value={userId} /> },
      { id: 'passes', header: t('testers.passes'), size: 250, cell: (tester) => <Passes tester={tester} /> },
      { id: 'expires', header: t('testers.expires'), size: 220, cell: (tester) => <Expiry entry={tester} /> },
      { id: 'note', header: t('note'), size: 130, grow: true, cell: ({ note }) => note },
      {
        id: 'createdAt',
        header: t('added'),
        size: 130,
        hidden: true,
        cell: ({ createdAt }) => <Time at={createdAt} />,
      },
      {
        id: 'actions',
        header: shell('actions'),
        size: 110,
        cell: (tester) => (
          <RowButton
            route={DROP}
            serviceId={serviceId}
            label={t('testers.removeOne', { name: tester.userId })}
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
    <GuardedButton route="POST /v1/admin/services/{id}/testers/users" serviceId={serviceId} onClick={add.open}>
      {t('testers.addUser')}
    </GuardedButton>
  );
  return (
    <>
      <DataTable
        name="service-tester-users"
        label={t('testers.users')}
        columns={columns}
        list={list}
        rowId={({ userId }) => userId}
        height="calc(100dvh - 380px)"
        tools={list.items.length > 0 && addButton}
        empty={<Empty kind="none" title={t('testers.none')} hint={t('testers.usersHint')} action={addButton} />}
      />
      <Suspense fallback={null}>{adding && <AddTesterUser serviceId={serviceId} onClose={add.close} />}</Suspense>
    </>
  );
}
