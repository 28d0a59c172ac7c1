import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect } from 'react';
import { hasEnded } from '../../../domain/operations/phases.ts';
import { addressOf } from '../../api/call.ts';
import type { Operation } from '../../api/schema.gen.ts';
import { useRead } from '../../api/use-api.ts';
import { useEvents } from '../../api/use-events.ts';

/** What the stream tells; the row is behind it by up to five seconds. */
type Told = Pick<
  Operation,
  'phase' | 'status' | 'itemsDone' | 'itemsFailed' | 'itemsSkipped' | 'activeMs' | 'failureReason'
> &
  Operation['progress'];

/** The stream tells of what happens; what it does not reach is asked for. */
const LOOKS_EVERY_MS = 15_000;
const MOVES: ReadonlySet<Operation['phase']> = new Set(['queued', 'running', 'cancelling', 'undoing']);

export const isUnderWay = ({ phase }: Pick<Operation, 'phase'>) => MOVES.has(phase);

/** An operation as it is now: its row, and while it is under way what its run says. */
export function useOperation(operationId: string) {
  const client = useQueryClient();
  const path = { id: operationId };
  const read = useRead('GET /v1/admin/operations/{id}', { path }, { refetchInterval: LOOKS_EVERY_MS });
  const row = read.data;
  const forget = useCallback(
    () =>
      void client.invalidateQueries({
        predicate: ({ queryKey }) =>
          queryKey.some((each) => typeof each === 'string' && each.includes('/v1/admin/operations')),
      }),
    [client],
  );
  // Also while it waits for somebody: whoever agrees to it elsewhere is seen here at once.
  const follows = row !== undefined && !hasEnded(row.phase);
  const told = useEvents<Told>(follows ? addressOf('GET /v1/admin/operations/{id}/events', { path }) : null, forget);
  const operation = row && told && follows ? withTold(row, told) : row;
  const isBehind = operation?.phase !== row?.phase;
  useEffect(() => {
    if (isBehind) forget();
  }, [isBehind, forget]);
  return { ...read, operation };
}

function withTold(row: Operation, { percent, itemsPerSecond, etaSeconds, ...told }: Told): Operation {
  const { phase, status, itemsDone, itemsFailed, itemsSkipped, activeMs, failureReason } = told;
  const counts = { phase, status, itemsDone, itemsFailed, itemsSkipped, activeMs, failureReason };
  return { ...row, ...counts, progress: { percent, itemsPerSecond, etaSeconds } };
}
