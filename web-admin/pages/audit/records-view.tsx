import { lazy, Suspense, useCallback, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useList } from '../../api/use-api.ts';
import { useFilters } from '../../api/use-filters.ts';
import { useVerdict } from '../../api/use-me.ts';
import { DataTable } from '../../components/data-table.tsx';
import { PickArea } from './cells.tsx';
import { IdLookup } from './id-lookup.tsx';
import { LiveBar } from './live-bar.tsx';
import { NothingFound, QueryFrame } from './query-frame.tsx';
import { useRecordColumns } from './record-columns.tsx';
import { type Query, useAsked } from './use-asked.ts';
import { useLiveTail } from './use-live-tail.ts';
import { Volume } from './volume.tsx';

const RecordDrawer = lazy(() => import('./record-drawer.tsx'));

function Records({ query }: { query: Query }) {
  const { t } = useTranslation('audit');
  const { filter, range, ready } = query;
  const { allowed } = useVerdict()('GET /v1/audit/logs');
  const [{ record, live }, setFilters] = useFilters();
  const area = useRef<HTMLDivElement>(null);
  const [atTop, setAtTop] = useState(true);
  const hasEnd = range.to !== undefined;
  const on = live === '1' && !hasEnd;
  const paused = !atTop || record !== undefined;
  const tail = useLiveTail(filter, on && ready, paused);
  const list = useList('GET /v1/audit/logs', { query: { limit: 100, ...filter, ...range } }, { enabled: ready });
  const columns = useRecordColumns(query.services);
  const shown = useMemo(() => {
    if (tail.rows.length === 0) return list;
    const live = new Set(tail.rows.map(({ id }) => id));
    return { ...list, items: [...tail.rows, ...list.items.filter(({ id }) => !live.has(id))] };
  }, [list, tail.rows]);
  const open = useCallback(
    (id: string | undefined, how?: { replace: boolean }) => setFilters({ record: id }, how),
    [setFilters],
  );
  const move = (by: 1 | -1) => {
    const index = shown.items.findIndex(({ id }) => id === record);
    const next = shown.items[index === -1 ? 0 : index + by];
    if (next) open(next.id, { replace: true });
  };
  return (
    <>
      <Volume query={query} live={on} listedAt={list.query.dataUpdatedAt} />
      <PickArea ref={area} onPick={query.pick}>
        <DataTable
          name="audit-records"
          label={t('records.label')}
          columns={columns}
          list={shown}
          rowId={({ id }) => id}
          onOpen={({ id }) => open(id)}
          openId={record}
          height="calc(100dvh - 400px)"
          onScroll={setAtTop}
          tools={
            allowed && (
              <LiveBar
                tail={tail}
                on={on}
                hasEnd={hasEnd}
                paused={paused}
                onSwitch={(next) => setFilters({ live: next ? '1' : undefined })}
                onTop={() => {
                  area.current?.querySelector('[role="grid"]')?.parentElement?.scrollTo({ top: 0 });
                  if (record) open(undefined);
                }}
              />
            )
          }
          empty={<NothingFound query={query} title={t('records.none')} hint={t('records.noneHint')} />}
        />
      </PickArea>
      {record && (
        <Suspense fallback={null}>
          <RecordDrawer id={record} query={query} onMove={move} onClose={() => open(undefined)} />
        </Suspense>
      )}
    </>
  );
}

/** Audit records: what was done, by whom, to what. */
export function RecordsView() {
  const query = useAsked('records');
  return (
    <QueryFrame query={query}>
      {query.bareId === null ? (
        <Records query={query} />
      ) : (
        <IdLookup key={query.bareId} id={query.bareId} query={query} />
      )}
    </QueryFrame>
  );
}
