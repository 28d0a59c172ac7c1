import { expect } from 'vitest';
import type { App } from '../app.ts';
import { operationsOf } from '../operations.ts';
import type { Cast } from './case.ts';
import { checkTrail, type Requested } from './perform.ts';
import { checkRecords } from './records.ts';

interface Item {
  kind: string;
  targetId: string;
  outcome: string;
  undoOutcome: string | null;
  undoError: string | null;
}

/** @returns why an undo leaves it; null: it puts it back; undefined: there is nothing to put back */
function leftFor({ kind, targetId, outcome }: Item, { operation }: Requested, touched: string | undefined) {
  if (outcome !== 'succeeded') return undefined;
  if (targetId === touched) return 'It has changed since.';
  const why = operation.plan.undo[kind];
  return why === true ? null : why;
}

/** What its plan said is put back, unless somebody has changed it since; all else stays, with the reason. */
export async function checkUndo(app: App, cast: Cast, done: Requested): Promise<void> {
  const { scene, operation, was } = done;
  const operations = operationsOf(app);
  const touched = await scene.touch?.();
  const now = await scene.state();
  const answer = await operations.call(cast.asks, 'undo', operation.id);
  if (!Object.values(operation.plan.undo).includes(true)) {
    expect([answer.status, answer.json.code, await scene.state()]).toEqual([409, 'conflict', now]);
    expect(answer.json.detail).toContain('its plan says why');
    return checkTrail(app, done, ['undo failure']);
  }
  expect([answer.status, answer.json.code]).toEqual([200, undefined]);
  expect(await operations.reached(operation.id, ['undone', 'failed'])).toBe('undone');
  const back: string[] = [];
  for (const item of (await operations.items(cast.asks, operation.id)) as Item[]) {
    const { targetId, undoOutcome, undoError } = item;
    const why = leftFor(item, done, touched);
    expect({ targetId, undoOutcome, undoError }).toEqual({
      targetId,
      undoOutcome: why === undefined ? null : why === null ? 'undone' : 'left',
      undoError: why ?? null,
    });
    if (why === null) back.push(targetId);
  }
  expect(back.length).toBeGreaterThan(0);
  expect(await scene.state()).toEqual({ ...now, ...Object.fromEntries(back.map((id) => [id, was[id]])) });
  await scene.restored?.();
  await checkRecords(app, done, cast.starts, { ids: back, by: cast.asks });
  await checkTrail(app, done, ['undo success', 'complete failure']);
}
