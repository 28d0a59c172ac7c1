import { describe, expect, it } from 'vitest';
import { EXPORTS, type ExportSnapshot } from '../exports/progress.ts';
import { PHASES, STATUS_OF } from '../operations/phases.ts';
import { OPERATIONS, type OperationSnapshot } from '../operations/progress.ts';
import { isTooLate } from './run-kind.ts';

const operation = (phase: OperationSnapshot['phase']): OperationSnapshot => ({
  ...{ phase, status: STATUS_OF[phase], itemsDone: 1, itemsTotal: 2, itemsFailed: 0, itemsSkipped: 0 },
  ...{ activeMs: 1, failureReason: null },
});
const exported = (status: ExportSnapshot['status']): ExportSnapshot => ({
  ...{ status, phase: status, rowsDone: 1, rowsExpected: 2, bytesDone: 0, activeMs: 0, failureReason: null },
});
const STATUSES = ['queued', 'processing', 'paused', 'ready', 'failed', 'expired', 'cancelled'] as const;

describe('the progress of a run', () => {
  it('comes too late for what was stopped or has ended, and for nothing that a run takes further', () => {
    const at = (now: number) => ({
      operations: PHASES.filter((each) => isTooLate(OPERATIONS, { snapshot: operation(each), reportedAt: 1000 }, now)),
      exports: STATUSES.filter((each) => isTooLate(EXPORTS, { snapshot: exported(each), reportedAt: 1000 }, now)),
    });
    const takenFurther = ['planned', 'awaiting_approval', 'approved', 'queued', 'running', 'undoing'];
    expect(at(5999)).toEqual({
      operations: PHASES.filter((each) => !takenFurther.includes(each)),
      exports: ['paused', 'ready', 'failed', 'expired', 'cancelled'],
    });
    // That it goes on may never have been heard.
    expect(at(6000)).toEqual({ operations: [], exports: [] });
  });

  it('does not come too late for what is only known from its row, or not at all', () => {
    const read = { snapshot: operation('paused'), reportedAt: 0 };
    expect([isTooLate(OPERATIONS, read, 1_000_000), isTooLate(OPERATIONS, undefined, 1000)]).toEqual([false, false]);
  });
});
