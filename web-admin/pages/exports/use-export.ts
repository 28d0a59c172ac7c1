import { useQueryClient } from '@tanstack/react-query';
import { useCallback } from 'react';
import { addressOf } from '../../api/call.ts';
import type { Export } from '../../api/schema.gen.ts';
import { useRead } from '../../api/use-api.ts';
import { useEvents } from '../../api/use-events.ts';

/** What the stream tells; the row is behind it by up to five seconds. */
type Told = Pick<Export, 'phase' | 'rowsDone' | 'rowsExpected' | 'bytesDone' | 'failureReason'> & Export['progress'];

const LOOKS_EVERY_MS = 15_000;
const MOVES: ReadonlySet<Export['phase']> = new Set(['waiting', 'running']);
export const isUnderWay = ({ phase }: Pick<Export, 'phase'>): boolean => MOVES.has(phase);

/** An export as it is now: its row, and while it is under way what its run says. */
export function useExport(exportId: string) {
  const client = useQueryClient();
  const path = { id: exportId };
  const read = useRead('GET /v1/admin/exports/{id}', { path }, { refetchInterval: LOOKS_EVERY_MS });
  const row = read.data;
  const forget = useCallback(
    () =>
      void client.invalidateQueries({
        predicate: ({ queryKey }) =>
          queryKey.some((each) => typeof each === 'string' && each.includes('/v1/admin/exports')),
      }),
    [client],
  );
  const follows = row !== undefined && (isUnderWay(row) || row.phase === 'paused');
  const told = useEvents<Told>(follows ? addressOf('GET /v1/admin/exports/{id}/events', { path }) : null, forget);
  return { ...read, exported: row && told && follows ? withTold(row, told) : row };
}

/** The run names finer phases than the row has; whether it waits or works is all that is shown of them. */
function withTold(row: Export, { percent, rowsPerSecond, etaSeconds, ...told }: Told): Export {
  const { rowsDone, rowsExpected, bytesDone, failureReason } = told;
  const counts = { rowsDone, rowsExpected, bytesDone, failureReason };
  const phase = row.phase === 'waiting' && rowsExpected !== null ? 'running' : row.phase;
  return { ...row, ...counts, phase, progress: { percent, rowsPerSecond, etaSeconds } };
}
