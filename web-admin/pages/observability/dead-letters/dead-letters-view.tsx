import { Checkbox, Select, Text } from '@mantine/core';
import { lazy, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { DeadLetter } from '../../../api/schema.gen.ts';
import { useList } from '../../../api/use-api.ts';
import { useFilters } from '../../../api/use-filters.ts';
import { Copyable } from '../../../components/copyable.tsx';
import { type Column, DataTable } from '../../../components/data-table.tsx';
import { Empty } from '../../../components/empty.tsx';
import { GuardedButton } from '../../../components/guarded.tsx';
import { Time } from '../../../components/time.tsx';
import { LetterDrawer } from './letter-drawer.tsx';
import { QUEUES, type QueueName } from './queues.ts';

const Replay = lazy(() => import('./replay-letters.tsx').then(({ ReplayLetters }) => ({ default: ReplayLetters })));

const WHICH = ['waiting', 'replayed', 'any'] as const;
/** So many are put back one after the other while somebody watches. */
const MOST_AT_ONCE = 100;
const EVERY_MS = 60_000;

type Letters = readonly DeadLetter[];

function useColumns(chosen: ReadonlySet<string>, choose: (id: string, on: boolean) => void): Column<DeadLetter>[] {
  const { t } = useTranslation('observability');
  return useMemo(
    () => [
      {
        id: 'chosen',
        header: t('letter.chosen'),
        size: 80,
        cell: ({ id }) => (
          <Checkbox
            aria-label={t('letter.choose', { id })}
            display="inline-block"
            style={{ verticalAlign: 'middle' }}
            checked={chosen.has(id)}
            onChange={(event) => choose(id, event.currentTarget.checked)}
          />
        ),
      },
      { id: 'diedAt', header: t('letter.diedAt'), size: 150, cell: ({ diedAt }) => <Time at={diedAt} /> },
      { id: 'queue', header: t('letter.queue'), size: 160, cell: ({ queue }) => <code>{queue}</code> },
      {
        id: 'kind',
        header: t('letter.kind'),
        size: 200,
        cell: ({ queue }) => (QUEUES.includes(queue as QueueName) ? t(`queue.${queue as QueueName}`) : queue),
      },
      { id: 'reason', header: t('letter.reason'), size: 260, grow: true, cell: ({ reason }) => reason },
      { id: 'attempts', header: t('letter.attempts'), size: 90, align: 'end', cell: ({ attempts }) => attempts },
      {
        id: 'replayed',
        header: t('letter.replayed'),
        size: 170,
        cell: ({ replayedAt, diedAgainAs }) => (
          <>
            {replayedAt ? <Time at={replayedAt} /> : t('letter.notYet')}
            {diedAgainAs && ` · ${t('letter.diedAgain')}`}
          </>
        ),
      },
      { id: 'id', header: t('letter.id'), size: 300, hidden: true, cell: ({ id }) => <Copyable value={id} /> },
    ],
    [t, chosen, choose],
  );
}

/** Messages that no delivery could help, and putting them back. */
export function DeadLettersView() {
  const { t } = useTranslation('observability');
  const [{ queue, which, letter }, setFilters] = useFilters();
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [replaying, setReplaying] = useState<Letters | null>(null);
  const shown = WHICH.find((each) => each === which) ?? 'waiting';
  const ofQueue = QUEUES.find((each) => each === queue);
  const list = useList(
    'GET /v1/audit/dead-letters',
    {
      query: {
        limit: 100,
        ...(ofQueue && { queue: ofQueue }),
        ...(shown !== 'any' && { replayed: shown === 'replayed' ? 'true' : 'false' }),
      },
    },
    { refetchInterval: EVERY_MS },
  );
  const choose = useMemo(
    () => (id: string, on: boolean) =>
      setChosen((was) => (on ? new Set([...was, id]) : new Set([...was].filter((each) => each !== id)))),
    [],
  );
  const columns = useColumns(chosen, choose);
  const picked = list.items.filter(({ id }) => chosen.has(id)).slice(0, MOST_AT_ONCE);
  const all = list.items.slice(0, MOST_AT_ONCE);
  const filtered = ofQueue !== undefined || shown !== 'waiting';
  const open = list.items.find(({ id }) => id === letter);
  return (
    <>
      <Text size="sm" c="dimmed" mb="xs">
        {t('letter.hint')}
      </Text>
      <DataTable
        name="dead-letters"
        label={t('views.dead-letters')}
        columns={columns}
        list={list}
        rowId={({ id }) => id}
        openId={letter}
        onOpen={({ id }) => setFilters({ letter: id })}
        tools={
          <>
            <Select
              aria-label={t('letter.queue')}
              placeholder={t('letter.anyQueue')}
              data={[...QUEUES]}
              value={ofQueue ?? null}
              onChange={(value) => setFilters({ queue: value ?? undefined })}
              clearable
              clearButtonProps={{ 'aria-label': t('letter.anyQueue') }}
              w={190}
            />
            <Select
              aria-label={t('letter.which')}
              data={WHICH.map((value) => ({ value, label: t(`letter.${value}`) }))}
              value={shown}
              onChange={(value) => setFilters({ which: value === 'waiting' ? undefined : (value ?? undefined) })}
              allowDeselect={false}
              w={190}
            />
            {all.length > 0 && (
              <Checkbox
                label={t('letter.all')}
                checked={picked.length === all.length}
                indeterminate={picked.length > 0 && picked.length < all.length}
                onChange={(event) => setChosen(new Set(event.currentTarget.checked ? all.map(({ id }) => id) : []))}
              />
            )}
            <GuardedButton
              route="POST /v1/audit/dead-letters/{id}/replay"
              disabled={picked.length === 0}
              onClick={() => setReplaying(picked)}
            >
              {t('letter.replay', { count: picked.length })}
            </GuardedButton>
          </>
        }
        empty={
          filtered ? (
            <Empty kind="noMatch" onClear={() => setFilters({ queue: undefined, which: undefined })} />
          ) : (
            <Empty kind="none" title={t('letter.none')} hint={t('letter.noneHint')} />
          )
        }
      />
      {open && (
        <LetterDrawer
          letter={open}
          onClose={() => setFilters({ letter: undefined })}
          onReplay={() => setReplaying([open])}
        />
      )}
      {replaying && (
        <Replay
          letters={replaying}
          onClose={() => {
            setReplaying(null);
            setChosen(new Set());
          }}
        />
      )}
    </>
  );
}
