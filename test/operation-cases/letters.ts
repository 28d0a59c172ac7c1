import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import type { App } from '../app.ts';
import { pack } from '../events.ts';
import type { Case, Scene } from './case.ts';

/** Dead letters of the queue that the broker holds. @returns their ids */
async function bury(app: App, bodies: readonly unknown[], queue = 'audit-events'): Promise<string[]> {
  const ids = bodies.map(() => randomUUID());
  for (const [n, body] of bodies.entries())
    await app.db.query(
      `INSERT INTO dead_letters (id, queue, body, attempts, reason) VALUES ($1, $2, $3, 101, 'every delivery failed')`,
      [ids[n], queue, JSON.stringify(body)],
    );
  return ids;
}

async function prepare(app: App): Promise<Scene> {
  const mark = randomUUID();
  const packs = [pack(mark, { api: 0 }), pack(mark, { api: 0 }), pack(mark, { api: 0 })];
  const ids = await bury(app, packs);
  const letters = async () =>
    (
      await app.db.query(
        'SELECT id, replays, replayed_at IS NOT NULL AS replayed FROM dead_letters WHERE id = ANY ($1)',
        [ids],
      )
    ).rows;
  return {
    target: { type: 'letters', ids },
    parameters: {},
    kinds: { dead_letter: 3 },
    warnings: [],
    state: async () => Object.fromEntries((await letters()).map(({ id, ...state }) => [id, state])),
    happened: async () => {
      const sent = app.broker
        .messages()
        .filter(({ body }) => ids.includes((body as { replayOf?: string } | null)?.replayOf ?? ''));
      const { acked } = await app.broker.deliver(sent);
      expect(acked.sort()).toEqual(sent.map(({ id }) => id).sort());
      const stored = await app.analytics<{ id: string }>(
        `SELECT id FROM audit_db.admin_ui_events WHERE session_id = '${mark}'`,
      );
      const wanted = packs.flatMap(({ uiEvents }) => uiEvents.map(({ id }) => id));
      expect(stored.map(({ id }) => id).sort()).toEqual(wanted.sort());
      expect((await letters()).filter(({ replays, replayed }) => replays > 0 && replayed)).toHaveLength(3);
    },
    records: () =>
      ids.map((resourceId) => ({
        action: 'dead-letter.replay',
        resource: 'dead_letter',
        resourceId,
        before: {},
        after: { replays: expect.any(Number) },
      })),
  };
}

export const deadLettersReplay: Case = {
  risk: 'routine',
  permission: 'operations.execute',
  everywhere: true,
  outside: true,
  undo: { dead_letter: /on its way/ },
  optional: [],
  prepare,
  forms: async (app) => {
    const [waiting = '', done = ''] = await bury(app, [{}, {}], 'notifications');
    await app.db.query('UPDATE dead_letters SET replayed_at = now(), replays = 1 WHERE id = $1', [done]);
    const { rows } = await app.db.query('SELECT id FROM dead_letters WHERE replayed_at IS NULL');
    return [
      { target: { type: 'queue', queue: 'notifications' }, ids: [waiting] },
      { target: { type: 'every-queue' }, ids: rows.map(({ id }) => String(id)) },
      { target: { type: 'letters', ids: [done] }, ids: [done] },
    ];
  },
};
