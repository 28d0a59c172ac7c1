import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, type Person, startApp, until } from '../app.ts';
import { followEvents } from '../follow-events.ts';
import { operationsOf } from '../operations.ts';

let app: App;
let operations: ReturnType<typeof operationsOf>;
let owner: Person;
let other: Person;
beforeAll(async () => {
  app = await startApp({ OPERATION_BATCH_ITEMS: '1' });
  operations = operationsOf(app);
  owner = await app.person('owner');
  other = await app.person('owner');
});
afterAll(() => app.stop());

const follow = (as: Person, id: string) => followEvents(app, as, `/v1/admin/operations/${id}/events`);

async function planned(): Promise<{ id: string; plan: { hash: string } }> {
  const ids = await Promise.all(Array.from({ length: 12 }, () => app.service()));
  return operations.asked(owner, {
    type: 'services.config.apply',
    target: { type: 'services', ids },
    parameters: { patch: { rateLimitRequests: 7 } },
  });
}

describe.concurrent('GET /v1/admin/operations/{id}/events', () => {
  it('tells of approval, start and progress to who approves and who asked, and ends when it is done', async () => {
    const asked = await planned();
    const streams = [await follow(owner, asked.id), await follow(other, asked.id)];
    for (const stream of streams) await stream.begun();
    expect(streams[0]?.told[0]).toMatchObject({
      event: 'progress',
      data: { phase: 'awaiting_approval', status: 'pending', itemsDone: 0, itemsTotal: 12, percent: 0 },
    });
    await operations.approve(other, asked);
    await until(async () => streams.every((stream) => stream.last()?.phase === 'approved'), 'the approval is told');
    await operations.start(owner, asked.id);
    for (const { done, told } of streams) {
      await done;
      expect(told.at(-1)).toEqual({ event: 'end', data: { phase: 'completed', status: 'completed' } });
      expect(told.at(-2)?.data).toMatchObject({
        phase: 'completed',
        itemsDone: 12,
        itemsFailed: 0,
        percent: 100,
        etaSeconds: 0,
      });
      const counts = told.slice(0, -1).map(({ data }) => data.itemsDone as number);
      expect(counts).toEqual(counts.toSorted((a, b) => a - b));
    }
  });

  it('is absent for who may not know of it, and ends when the right has gone', async () => {
    const asked = await planned();
    const viewer = await app.person('viewer');
    expect((await follow(viewer, asked.id)).status).toBe(404);
    const operator = await app.person('operator');
    const stream = await follow(operator, asked.id);
    await stream.begun();
    await app.db.query('DELETE FROM grants WHERE admin_id = $1', [operator.id]);
    await app.grant(operator.id, 'viewer');
    await stream.done;
    expect(stream.told.at(-1)).toEqual({ event: 'end', data: { code: 'not_found' } });
  });
});

describe.concurrent('OPERATION_DUTY_PERCENT', () => {
  let gentle: App;
  beforeAll(async () => {
    gentle = await startApp({
      OPERATION_BATCH_ITEMS: '1',
      OPERATION_DUTY_PERCENT: '1',
      OPERATION_LEASE_SECONDS: '8',
    });
  });
  afterAll(() => gentle.stop());

  // The second one ends the sessions of everybody.
  describe('is how much a run works', { concurrent: false }, () => {
    it('makes a run rest between its batches, where it can be paused', async () => {
      const [asker, does] = [await gentle.person('owner'), operationsOf(gentle)];
      const ids = await Promise.all(Array.from({ length: 4 }, () => gentle.service()));
      const parameters = { maintenanceMode: true, message: 'Back soon.' };
      const target = { type: 'services', ids };
      const { id } = await does.asked(asker, { type: 'services.maintenance', target, parameters });
      const done = async (): Promise<number> =>
        (
          await gentle.db.query('SELECT FROM admin_operation_items WHERE operation_id = $1 AND done_at IS NOT NULL', [
            id,
          ])
        ).rowCount ?? 0;
      for (const items of [1, 2, 3]) {
        await until(async () => (await done()) >= items, `${items} done`, 40_000, 5);
        expect((await does.call(asker, 'pause', id)).json.phase).toBe('paused');
        // A quarter of the lease is the longest rest.
        await sleep(2500);
        expect(await done()).toBe(items);
        await does.call(asker, 'resume', id);
      }
      expect(await does.reached(id)).toBe('completed');
    });

    it('lets nobody wait for the epochs of sessions or the maintenance of a lockdown', async () => {
      const [asks, agrees, does] = [await gentle.person('owner'), await gentle.person('owner'), operationsOf(gentle)];
      for (const as of [asks, agrees, await gentle.person('viewer'), await gentle.person('viewer')])
        await gentle.call('GET', '/v1/admin/me', { as });
      const services = [await gentle.service(), await gentle.service(), await gentle.service()];
      const target = { type: 'everyone' };
      const made = await does.asked(asks, { type: 'security.lockdown', target, parameters: { services } });
      expect((await does.approve(agrees, made)).status).toBe(200);
      await does.start(asks, made.id);
      expect(await does.reached(made.id)).toBe('completed');
      const { rows } = await gentle.db.query(
        `SELECT kind, count(*)::int AS n, extract(epoch FROM max(done_at) - min(done_at)) * 1000 AS ms
         FROM admin_operation_items WHERE operation_id = $1 GROUP BY kind ORDER BY min(seq)`,
        [made.id],
      );
      const spans = rows.map(({ kind, n, ms }) => [kind, n, Number(ms)] as const);
      const kinds = spans.map(([kind]) => kind);
      expect(kinds).toEqual(['admin_epoch', 'service_config', 'session']);
      const [epochs = 0, configs = 0, sessions = 0] = spans.map(([, , ms]) => ms);
      // Each but the last session is followed by a rest; three or more targets of the other kinds together take less than one of them.
      const oneRest = sessions / ((spans[2]?.[1] ?? 0) - 1);
      expect(Math.min(...spans.map(([, n]) => n))).toBeGreaterThan(2);
      expect(Math.max(epochs, configs)).toBeLessThan(oneRest);
    });
  });
});
