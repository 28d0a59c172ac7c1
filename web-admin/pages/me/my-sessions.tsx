import { Button, Group, Select, Stack, Text, Title } from '@mantine/core';
import { useCallback } from 'react';
import { useTranslation } from 'react-i18next';
import type { Me, Session } from '../../api/schema.gen.ts';
import { signedOutByHand } from '../../api/session.ts';
import { useChange, useList } from '../../api/use-api.ts';
import { useFilters } from '../../api/use-filters.ts';
import { useConfirm } from '../../components/confirm.tsx';
import { DataTable } from '../../components/data-table.tsx';
import { Empty } from '../../components/empty.tsx';
import { useToast } from '../../components/toast.tsx';
import { useAuditEvent } from '../../hooks/index.ts';
import { signOut } from '../../shell/sign-out.ts';
import { useSessionColumns } from '../access/sessions/session-columns.tsx';

const WHICH = ['alive', 'ended', 'any'] as const;
const EVERYWHERE = 'POST /v1/admin/me/sign-out-everywhere';

/** Ends another one of one's own sessions; this one is ended by signing out, which ends the issuer's too. */
function useEnd(current: string): (session: Session) => Promise<void> {
  const { t } = useTranslation('access');
  const toast = useToast();
  const confirm = useConfirm();
  const { trackButtonClick } = useAuditEvent();
  const { mutateAsync: end } = useChange('DELETE /v1/admin/me/sessions/{sessionId}', ['GET /v1/admin/me/sessions']);
  return useCallback(
    async ({ id }) => {
      trackButtonClick('end-own-session');
      if (id === current) return signOut().catch(toast.failed);
      const answer = await confirm({
        title: t('me.endTitle'),
        body: t('session.endHint'),
        confirm: t('session.end'),
        danger: true,
      });
      if (!answer) return;
      await end({ path: { sessionId: id } }).then(() => toast.done(t('session.endedDone')), toast.failed);
    },
    [t, current, toast, confirm, trackButtonClick, end],
  );
}

function SignOutEverywhere() {
  const { t } = useTranslation('access');
  const toast = useToast();
  const confirm = useConfirm();
  const { trackButtonClick } = useAuditEvent();
  const end = useChange(EVERYWHERE);
  const ask = async () => {
    trackButtonClick('sign-out-everywhere');
    const answer = await confirm({
      title: t('me.everywhereTitle'),
      body: t('me.everywhereHint'),
      confirm: t('me.everywhere'),
      danger: true,
      reason: 'optional',
    });
    if (!answer) return;
    // First: whatever asks from now on is told that there is no session, and must not sign in again by itself.
    signedOutByHand.note();
    await end.mutateAsync({ reason: answer.reason }).then(signOut, (problem: unknown) => {
      signedOutByHand.forget();
      toast.failed(problem);
    });
  };
  return (
    <Button variant="default" loading={end.isPending} data-signs-out onClick={() => void ask()}>
      {t('me.everywhere')}
    </Button>
  );
}

export function MySessions({ me }: { me: Me }) {
  const { t } = useTranslation('access');
  const [{ which }, setFilters] = useFilters();
  const shown = WHICH.find((each) => each === which) ?? 'alive';
  const list = useList('GET /v1/admin/me/sessions', {
    query: { limit: 50, ...(shown !== 'any' && { alive: shown === 'alive' ? 'true' : 'false' }) },
  });
  const end = useEnd(me.sessionId);
  const actions = useCallback(
    (session: Session) =>
      session.revokedAt === null && (
        <Button
          size="compact-sm"
          variant="default"
          data-signs-out={session.id === me.sessionId || undefined}
          onClick={() => void end(session)}
        >
          {session.id === me.sessionId ? t('me.signOut') : t('session.end')}
        </Button>
      ),
    [t, end, me.sessionId],
  );
  const columns = useSessionColumns(me.sessionId, actions, { email: false });
  return (
    <Stack component="section" aria-label={t('me.sessions')} gap="xs">
      <Group justify="space-between">
        <Title order={2}>{t('me.sessions')}</Title>
        <SignOutEverywhere />
      </Group>
      <Text size="sm" c="dimmed">
        {t('me.sessionsHint')}
      </Text>
      <DataTable
        name="my-sessions"
        label={t('me.sessions')}
        columns={columns}
        list={list}
        rowId={({ id }) => id}
        height="360px"
        tools={
          <Select
            aria-label={t('session.which')}
            data={WHICH.map((value) => ({ value, label: t(`session.${value}`) }))}
            value={shown}
            onChange={(value) => setFilters({ which: value === 'alive' ? undefined : (value ?? undefined) })}
            allowDeselect={false}
            w={150}
          />
        }
        empty={<Empty kind="noMatch" onClear={() => setFilters({ which: undefined })} />}
      />
    </Stack>
  );
}
