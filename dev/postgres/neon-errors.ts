import { AnswerTooLarge, CopyRefused } from './neon-exchange.ts';
import { PoolTimeout } from './neon-pool.ts';
import { BadRequest } from './neon-request.ts';

// What NeonDbError copies from the body of a 400; see the driver's own list.
const FIELDS = [
  'severity',
  'code',
  'detail',
  'hint',
  'position',
  'internalPosition',
  'internalQuery',
  'where',
  'schema',
  'table',
  'column',
  'dataType',
  'constraint',
  'file',
  'line',
  'routine',
] as const;

/**
 * Every error Postgres itself reported is a 400, as only then does the driver read its code. An unreachable or lost
 * server has none: the driver turns any other status into a plain error.
 */
export function toProblem(error: unknown): { status: number; body: Record<string, unknown> } {
  const from = error as Partial<Record<(typeof FIELDS)[number], unknown>>;
  const message = error instanceof Error ? error.message || String(from.code) : String(error);
  if (error instanceof CopyRefused) return { status: 400, body: { message, code: '0A000', severity: 'ERROR' } };
  if (error instanceof BadRequest) return { status: 400, body: { message } };
  if (error instanceof AnswerTooLarge) return { status: 507, body: { message } };
  if (error instanceof PoolTimeout) return { status: 503, body: { message } };
  if (typeof from.severity !== 'string') return { status: 502, body: { message } };
  return { status: 400, body: { message, ...Object.fromEntries(FIELDS.map((name) => [name, from[name] ?? null])) } };
}
