import { Select } from '@mantine/core';
import { useCallback } from 'react';
import { useTranslation } from 'react-i18next';
import type { Session } from '../../../api/schema.gen.ts';
import { useChange, useList } from '../../../api/use-api.ts';
import { useFilters } from '../../../api/use-filters.ts';
import { useMe } from '../../../api/use-me.ts';
import { useConfirm } from '../../../components/confirm.tsx';
import { DataTable } from '../../../components/data-table.tsx';
import { Empty } from '../../../components/empty.tsx';
import { GuardedButton } from '../../../components/guarded.tsx';
import { useToast } from '../../../components/toast.tsx';
import { useAuditEvent } from '../../../hooks/index.ts';
import { AdminPicker } from '../pickers.tsx';
import { useSessionColumns } from './session-columns.tsx';

const WHICH = ['alive', 'ended', 'any'] as const;
const END = 'DELETE /v1/admin/sessions/{sessionId}';

/** Ends somebody's session; there is no way back from that. */
function useEnd(): (session: Session) => Promise<void> {
  const { t } = useTranslation('access');
  const { data: me } = useMe();
  const toast = useToast();
  const confirm = useConfirm();
  const { trackButtonClick } = useAuditEvent();
  const { mutateAsync: end } = useChange(END, ['GET /v1/admin/sessions']);
  return useCallback(
    async ({ id, email }) => {
      trackButtonClick('revoke-session');
      const answer = await confirm({
        title: t('session.endTitle', { email }),
        body: t(id === me?.sessionId ? 'session.endThis' : 'session.endHint'),
        confirm: t('session.end'),
        danger: true,
        reason: 'optional',
      });
      if (!answer) return;
      await end({ path: { sessionId: id }, reason: answer.reason }).then(
        () => toast.done(t('session.endedDone')),
        toast.failed,
      );
    },
    [t, me?.sessionId, toast, confirm, trackButtonClick, end],
  );
}

export function SessionsView() {
  const { t } = useTranslation('access');
  const { data: me } = useMe();
  const [{ admin, which }, setFilters] = useFilters();
  const shown = WHICH.find((each) => each === which) ?? 'alive';
  const list = useList('GET /v1/admin/sessions', {
    query: {
      limit: 100,
      ...(admin && { adminId: admin }),
      ...(shown !== 'any' && { alive: shown === 'alive' ? 'true' : 'false' }),
    },
  });
  const end = useEnd();
  const actions = useCallback(
    (session: Session) =>
      session.revokedAt === null && (
        <GuardedButton route={END} size="compact-sm" variant="default" onClick={() => void end(session)}>
          {t('session.end')}
        </GuardedButton>
      ),
    [t, end],
  );
  const columns = useSessionColumns(me?.sessionId, actions, { email: true });
  return (
    <DataTable
      name="sessions"
      label={t('views.sessions')}
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
            w={240}
          />
          <Select
            aria-label={t('session.which')}
            data={WHICH.map((value) => ({ value, label: t(`session.${value}`) }))}
            value={shown}
            onChange={(value) => setFilters({ which: value === 'alive' ? undefined : (value ?? undefined) })}
            allowDeselect={false}
            w={150}
          />
        </>
      }
      empty={<Empty kind="noMatch" onClear={() => setFilters({ admin: undefined, which: undefined })} />}
    />
  );
}
