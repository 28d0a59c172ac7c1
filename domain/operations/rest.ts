import type { Context } from '../context.ts';

/**
 * How long a run rests, in milliseconds, after a batch that took `workMs`, so that it works `operationDuty` percent of the time. Never so
 * long that it could lose its locks meanwhile, which are renewed when half of their time is over.
 */
export function restAfter(
  workMs: number,
  { operationDuty, operationLeaseMs }: Pick<Context['settings'], 'operationDuty' | 'operationLeaseMs'>,
): number {
  return Math.min(Math.round((workMs * (100 - operationDuty)) / operationDuty), operationLeaseMs / 4);
}
