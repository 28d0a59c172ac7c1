// biome-ignore-all lint/a11y/useSemanticElements: rows placed one by one cannot be those of a <table>, which lays them out itself
// biome-ignore-all lint/a11y/useFocusableInteractive: of a grid, rows are gone to, not cells and headings (ARIA APG)
import { Box, Group, Loader, Skeleton, Stack, Text } from '@mantine/core';
import { useLocalStorage } from '@mantine/hooks';
import {
  type ColumnDef,
  columnResizingFeature,
  columnSizingFeature,
  columnVisibilityFeature,
  tableFeatures,
  useTable,
} from '@tanstack/react-table';
import { useVirtualizer } from '@tanstack/react-virtual';
import { type ReactNode, useEffect, useMemo, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import type { List } from '../api/use-api.ts';
import { ColumnsButton } from './columns-button.tsx';
import classes from './data-table.module.css';
import { NoPermission } from './empty.tsx';
import { ProblemAlert } from './problem-alert.tsx';
import { useRowKeys } from './use-row-keys.ts';
import { WidthHandle } from './width-handle.tsx';

const features = tableFeatures({ columnVisibilityFeature, columnSizingFeature, columnResizingFeature });
const ROW_PX = 38;
const OVERSCAN = 8;
/** Rows left below the window when the next page is asked for. */
const NEAR_THE_END = 20;

export interface Column<Row extends object> {
  id: string;
  header: string;
  /** Pixels; what a person sets is remembered. */
  size?: number;
  /** Takes what is left of the width. */
  grow?: boolean;
  /** Not shown at first. */
  hidden?: boolean;
  align?: 'end';
  cell: (row: Row) => ReactNode;
}

interface DataTableProps<Row extends object> {
  /** What it is called: for readers of the screen, and to remember its columns by. */
  name: string;
  label: string;
  columns: Column<Row>[];
  list: Pick<List<Row>, 'items'> & { query?: List<Row>['query'] };
  rowId: (row: Row) => string;
  /** A click or Enter on a row. */
  onOpen?: (row: Row) => void;
  /** In place of the rows when there are none. */
  empty: ReactNode;
  /** Beside the button for the columns. */
  tools?: ReactNode;
  /** CSS; rows beyond it are scrolled. */
  height?: string;
  /** The row that is open somewhere beside. */
  openId?: string | undefined;
  onScroll?: (atTop: boolean) => void;
}

interface Kept {
  visibility: Record<string, boolean>;
  sizing: Record<string, number>;
}

/** What a person made of the columns, kept in this browser. */
function useKept<Row extends object>(name: string, columns: Column<Row>[]) {
  const [kept, setKept] = useLocalStorage<Kept>({
    key: `steward-table-${name}`,
    defaultValue: { visibility: {}, sizing: {} },
    getInitialValueInEffect: false,
  });
  const atFirst = useMemo(() => Object.fromEntries(columns.map(({ id, hidden }) => [id, !hidden])), [columns]);
  return { kept, setKept, visibility: { ...atFirst, ...kept.visibility } };
}

/** A table that draws only what is on the screen, however long the list is. */
export function DataTable<Row extends object>({
  name,
  label,
  columns,
  list,
  rowId,
  onOpen,
  empty,
  tools,
  height = 'calc(100dvh - 230px)',
  openId,
  onScroll,
}: DataTableProps<Row>) {
  const { t } = useTranslation();
  const { items, query } = list;
  const { kept, setKept, visibility } = useKept(name, columns);
  const definitions = useMemo<ColumnDef<typeof features, Row>[]>(
    () =>
      columns.map(({ id, header, size = 140 }) => ({
        id,
        header,
        size,
        minSize: 60,
        maxSize: 900,
        accessorFn: () => null,
      })),
    [columns],
  );
  const table = useTable({
    features,
    columns: definitions,
    data: items as Row[],
    getRowId: rowId,
    columnResizeMode: 'onChange',
    columnResizeDirection: document.documentElement.dir === 'rtl' ? 'rtl' : 'ltr',
    state: { columnVisibility: visibility, columnSizing: kept.sizing },
    onColumnVisibilityChange: (next) =>
      setKept((was) => ({ ...was, visibility: typeof next === 'function' ? next(visibility) : next })),
    onColumnSizingChange: (next) =>
      setKept((was) => ({ ...was, sizing: typeof next === 'function' ? next(was.sizing) : next })),
  });

  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: items.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: OVERSCAN,
  });
  const drawn = virtual.getVirtualItems();
  const last = drawn.at(-1)?.index ?? 0;
  const wantsMore =
    query?.hasNextPage && !query.isFetchingNextPage && !query.isError && last >= items.length - NEAR_THE_END;
  useEffect(() => {
    if (wantsMore) void query?.fetchNextPage();
  }, [wantsMore, query?.fetchNextPage]);

  const { active, setActive, onKeys } = useRowKeys({
    items,
    rowId,
    onOpen,
    openId,
    root: scroller,
    scrollTo: (index, align) => virtual.scrollToIndex(index, align && { align }),
  });

  const shown = columns.filter(({ id }) => visibility[id]);
  const headers = table.getHeaderGroups()[0]?.headers ?? [];
  const template = headers
    .map((header) => {
      const grows = columns.find(({ id }) => id === header.column.id)?.grow;
      return grows ? `minmax(${header.getSize()}px, 1fr)` : `${header.getSize()}px`;
    })
    .join(' ');
  const width = headers.reduce((sum, header) => sum + header.getSize(), 0);

  const forbidden = query?.error?.status === 403;
  const broken = query?.isError && items.length === 0;
  const waiting = query?.isPending && !query.isError;
  const rows = table.getRowModel().rows;

  return (
    <Stack gap={6} miw={0}>
      <Group justify="space-between" gap="xs" mih={30}>
        <Group gap="xs">{tools}</Group>
        <Group gap="xs">
          {query?.isFetching && !waiting && <Loader size="xs" aria-label={t('loading')} />}
          {items.length > 0 && (
            <Text size="sm" c="dimmed" aria-live="polite">
              {t('table.rows', { count: items.length })}
              {query?.hasNextPage ? '+' : ''}
            </Text>
          )}
          <ColumnsButton
            label={`${t('table.columns')}: ${label}`}
            columns={columns}
            shown={visibility}
            onToggle={(id, on) => table.getColumn(id)?.toggleVisibility(on)}
            onReset={() => setKept({ visibility: {}, sizing: {} })}
          />
        </Group>
      </Group>
      {query?.isError && !broken && <ProblemAlert problem={query.error} onRetry={() => void query.refetch()} />}
      {broken && forbidden && <NoPermission problem={query?.error} />}
      {broken && !forbidden && <ProblemAlert problem={query?.error} onRetry={() => void query?.refetch()} />}
      {!broken && !waiting && items.length === 0 && empty}
      {waiting && (
        <Stack gap={8} aria-busy="true" data-skeleton>
          <Skeleton height={ROW_PX} />
          {Array.from({ length: 8 }, (_, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: they are all alike
            <Skeleton key={index} height={ROW_PX - 10} />
          ))}
        </Stack>
      )}
      {items.length > 0 && (
        <Box
          ref={scroller}
          className={classes.scroller}
          style={{ maxHeight: `max(240px, ${height})` }}
          onScroll={(event) => onScroll?.(event.currentTarget.scrollTop < ROW_PX)}
          tabIndex={0}
        >
          <div
            role="grid"
            aria-label={label}
            aria-rowcount={query?.hasNextPage ? -1 : items.length + 1}
            aria-colcount={headers.length}
            className={classes.table}
            style={{ minWidth: width, '--columns': template } as React.CSSProperties}
          >
            <div role="row" aria-rowindex={1} className={classes.head}>
              {headers.map((header) => {
                const column = columns.find(({ id }) => id === header.column.id);
                return (
                  <div
                    key={header.column.id}
                    role="columnheader"
                    className={classes.heading}
                    data-align={column?.align}
                  >
                    {column?.header}
                    <WidthHandle
                      name={column?.header ?? header.column.id}
                      width={header.getSize()}
                      onDrag={header.getResizeHandler()}
                      onStep={(width) => table.setColumnSizing((was) => ({ ...was, [header.column.id]: width }))}
                    />
                  </div>
                );
              })}
            </div>
            <div style={{ height: virtual.getTotalSize(), position: 'relative' }} role="rowgroup">
              {drawn.map(({ index, start }) => {
                const row = rows[index];
                const item = items[index];
                if (!row || !item) return null;
                return (
                  <div
                    key={row.id}
                    role="row"
                    aria-rowindex={index + 2}
                    aria-selected={openId === row.id}
                    data-index={index}
                    data-openable={onOpen ? true : undefined}
                    tabIndex={index === Math.max(active, 0) ? 0 : -1}
                    className={classes.row}
                    style={{ transform: `translateY(${start}px)`, height: ROW_PX }}
                    onClick={(event) => {
                      if ((event.target as HTMLElement).closest('a,button,input,label')) return;
                      setActive(row.id);
                      onOpen?.(item);
                    }}
                    onFocus={() => setActive(row.id)}
                    onKeyDown={(event) => onKeys(event, index)}
                  >
                    {shown.map(({ id, cell, align }) => (
                      <div key={id} role="gridcell" className={classes.cell} data-align={align}>
                        {cell(item)}
                      </div>
                    ))}
                  </div>
                );
              })}
            </div>
          </div>
          {query?.isFetchingNextPage && (
            <Text size="sm" c="dimmed" p="xs" role="status">
              {t('table.loadingMore')}
            </Text>
          )}
        </Box>
      )}
    </Stack>
  );
}
