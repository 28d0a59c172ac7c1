import type { Said } from './operations-line.ts';

/** What a statement of an operation's run does. */
export type Doing = 'claim' | 'apply' | 'undo' | 'fail' | 'leave' | 'end';

export const doingOf = ({ text }: Said): Doing | null => {
  if (text.includes('INSERT INTO "operation_locks"')) return 'claim';
  if (text.includes('>= o.items_total') || text.includes('o.undo_seq <= 0')) return 'end';
  if (!text.includes('WITH held AS')) return null;
  const isUndo = text.includes(`o.phase = 'undoing'`);
  if (text.includes('INSERT INTO "audit_outbox"')) return isUndo ? 'undo' : 'apply';
  return isUndo ? 'leave' : 'fail';
};

/** Of a batch: the position it is for. Its first parameters are locks, tokens, operation, operation, position. */
export const positionIn = ({ params }: Said): number => Number(params[4]);

export const isAbout = ({ params }: Said, operationId: string): boolean => params.includes(operationId);

/** The fencing token a claim or batch carries; each of these operations has one lock. null: it carries none. */
export function tokenIn({ params }: Said): number | null {
  const found = params.find((each) => typeof each === 'string' && /^\{"?\d+"?\}$/.test(each)) as string | undefined;
  return found === undefined ? null : Number(found.replaceAll(/\D/g, ''));
}

/**
 * Where in an operation of `total` items it stands: 0 is taking it up, then come its batches, last its end.
 * @param batches how many there are when nothing is halved
 */
export function stepOf(said: Said, { total, batches }: { total: number; batches: number }): number | null {
  const doing = doingOf(said);
  if (doing === null) return null;
  if (doing === 'claim') return 0;
  if (doing === 'end') return batches + 1;
  const position = positionIn(said);
  const behind = doing === 'undo' || doing === 'leave' ? total - position : position;
  return 1 + Math.floor((behind * batches) / total);
}
