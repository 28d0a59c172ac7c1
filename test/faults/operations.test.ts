import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { campaign } from './campaign.ts';
import { agreed, calm, insist } from './operations-endure.ts';
import { overtake, type Takeovers } from './operations-fencing.ts';
import { newTour, runOf } from './operations-run.ts';
import { featuresScene, heal, ITEMS, manyServices, putPoison } from './operations-scenes.ts';
import { crash, deliver, pause, type Stage, startStage, stopStage, sweep } from './operations-stage.ts';
import { doingOf } from './operations-statements.ts';
import { problemsOf } from './operations-truth.ts';

const series = campaign(1);
const { seed, runs } = series;
const isLong = runs >= 50;

let stage: Stage;
beforeAll(async () => {
  stage = await startStage(series);
});
afterEach(async () => {
  stage.line.decide(() => 'none');
  await heal(stage.app);
});
afterAll(() => stopStage(stage));

/** The targets in the order in which they have their turn. */
async function targetsOf(id: string): Promise<string[]> {
  const { rows } = await stage.app.db.query(
    'SELECT unnest(ids) AS id FROM admin_operation_chunks WHERE operation_id = $1 ORDER BY seq_from',
    [id],
  );
  return rows.map((row) => row.id);
}

describe('operations while everything around them fails', () => {
  it(`apply each item exactly once: ${runs} seeded runs of ${ITEMS} items`, async () => {
    const tour = newTour();
    for (let n = 0; n < runs; n++) expect([n, await runOf(stage, tour, n)]).toEqual([n, []]);
    const { stale, kills, line } = stage;
    const met = [...tour.met].map(([kind, steps]) => `${kind} ${steps.length} (at ${new Set(steps).size} steps)`);
    const ended = Object.entries(tour.ended).map(([phase, count]) => `${phase} ${count}`);
    console.log(
      `operations: seed ${seed}, tried ${runs} runs of ${ITEMS} items, ${met.join(', ')}; kill -9 ${kills}, faults ${line.faults()}; ${ended.join(', ')}; wrong 0; statements under a lost lock: tried ${stale.tried}, applied ${stale.applied}`,
    );
    expect(stale.applied).toBe(0);
    expect(line.faults()).toBeGreaterThan(runs);
    if (isLong) expect(Math.min(stale.tried, kills)).toBeGreaterThan(runs / 2);
  });
});

describe('operations.fencing', () => {
  it('refuses whoever has lost the lock, whatever it has in hand', async () => {
    const { app } = stage;
    const [items, times, places, thrown] = isLong ? [ITEMS, 8, 19, 6] : [200, 2, 2, 1];
    const scene = await featuresScene(app, stage.asks, items);
    const tried: Record<string, number> = {};
    const fenced = async (verb: string, o: Omit<Takeovers, 'times'>) => {
      const found = await overtake(stage, { ...o, times }, () => insist(stage, verb, o.operationId));
      expect([o.doing, found]).toEqual([o.doing, { tried: times * o.places, applied: 0, changed: 0 }]);
      tried[o.doing] = found.tried;
      await stage.operations.reached(o.operationId);
    };
    const before = await scene.now();
    const first = await agreed(stage, scene.body);
    await fenced('start', { operationId: first, doing: 'apply', places });
    await fenced('undo', { operationId: first, doing: 'undo', places });
    await calm(stage, first);
    expect(await problemsOf(app, scene, first, { before, isUndone: true, ends: 2 })).toEqual([]);

    const claimed = await agreed(stage, scene.body);
    await fenced('start', { operationId: claimed, doing: 'claim', places: 1 });
    await insist(stage, 'undo', claimed);
    await stage.operations.reached(claimed);

    const again = await scene.now();
    const second = await agreed(stage, scene.body);
    const wanted = scene.wanted({ started_at: new Date() });
    const change = (await targetsOf(second)).filter((id) => wanted.get(id) !== again.get(id)?.value);
    await putPoison(app, change.slice(30, 30 + thrown));
    await fenced('start', { operationId: second, doing: 'fail', places: thrown });
    await heal(app);
    await insist(stage, 'retry-failed', second);
    await stage.operations.reached(second);
    const poisoned = change.slice(90, 90 + thrown);
    await putPoison(app, poisoned);
    await fenced('undo', { operationId: second, doing: 'leave', places: thrown });
    await calm(stage, second);
    expect(await problemsOf(app, scene, second, { before: again, poisoned, isUndone: true, ends: 3 })).toEqual([]);
    const all = Object.values(tried).reduce((sum, n) => sum + n, 0);
    const each = Object.entries(tried).map(([doing, n]) => `${doing} ${n}`);
    console.log(`operations under a lock that another run has: tried ${all} (${each.join(', ')}), applied 0`);
  });
});

describe('operations.crash', () => {
  it('a type that throws on item 500 of 1,000 finishes the others, and what threw can be tried again', async () => {
    const { app, operations, asks } = stage;
    const scene = await featuresScene(app, asks);
    const before = await scene.now();
    const id = await agreed(stage, scene.body);
    const poisoned = [(await targetsOf(id))[499] as string];
    await putPoison(app, poisoned);
    await insist(stage, 'start', id);
    expect(await operations.reached(id)).toBe('incomplete');
    await calm(stage, id);
    expect(await problemsOf(app, scene, id, { before, poisoned, ends: 1 })).toEqual([]);
    expect(await operations.read(asks, id)).toMatchObject({
      ...{ status: 'failed', itemsDone: ITEMS, itemsFailed: 1, failureReason: '1 of 1000 items failed.' },
    });
    expect(await operations.items(asks, id, '&outcome=failed')).toMatchObject([
      { seq: 499, targetId: poisoned[0], outcome: 'failed', error: 'The database refuses to change it.' },
    ]);
    await heal(app);
    await insist(stage, 'retry-failed', id);
    expect(await operations.reached(id)).toBe('completed');
    await calm(stage, id);
    expect(await problemsOf(app, scene, id, { before, ends: 2 })).toEqual([]);
  });
});

/** What becomes of a run while another operation waits for its lock. */
const TROUBLES = ['nothing', 'a run that hands over', 'a run that breaks off', ...(isLong ? ['a kill'] : [])];

/** Both from their start to their end. @returns which of them each batch was of, in their order */
async function turnsOf(both: readonly string[], trouble: string): Promise<string[]> {
  const turns: string[] = [];
  stage.line.onReply((said, rows) => {
    if (doingOf(said) === 'apply' && rows > 0) turns.push(String(said.params[2]));
  });
  let batches = 0;
  stage.line.decide(async (said) => {
    if (doingOf(said) !== 'apply') return 'none';
    await pause(trouble === 'a run that hands over' ? 600 : 50);
    if (++batches !== 2) return 'none';
    if (trouble === 'a run that breaks off') return 'refuse';
    if (trouble !== 'a kill') return 'none';
    crash(stage);
    return 'hang';
  });
  await Promise.all(both.map((id) => insist(stage, 'start', id)));
  // The one that has not begun is the more eager.
  const eager = setInterval(() => void deliver(stage, both.find((id) => id !== turns[0]) as string), 250);
  const sweeps = setInterval(() => sweep(stage), 1000);
  const ended = Promise.all(both.map((id) => stage.operations.reached(id)));
  await ended.finally(() => [eager, sweeps].forEach(clearInterval));
  for (const id of both) await calm(stage, id);
  return turns;
}

describe('operations.locks', () => {
  it.each(TROUBLES)('two on the same lock, started at once, do not interleave: %s', async (trouble) => {
    const { app } = stage;
    const services = await manyServices(app, 180);
    const ask = (ids: string[], patch: object) =>
      agreed(stage, { type: 'services.config.apply', target: { type: 'services', ids }, parameters: { patch } });
    const both = [
      await ask(services.slice(0, 120), { rateLimitRequests: 11 }),
      await ask(services.slice(60), { rateLimitWindow: 22 }),
    ];
    const turns = await turnsOf(both, trouble);
    const [first, second] = [turns[0], both.find((id) => id !== turns[0])];
    expect(turns).toEqual(turns.toSorted((a, b) => Number(a === second) - Number(b === second)));
    const { rows } = await app.db.query(
      `SELECT operation_id AS id, min(done_at) AS since, max(done_at) AS until, count(*) FILTER (WHERE outcome = 'succeeded')::int AS succeeded,
         count(*) FILTER (WHERE error = 'It has changed since the plan was made; plan it anew.')::int AS drifted
       FROM admin_operation_items WHERE operation_id = ANY ($1) GROUP BY 1 ORDER BY 2`,
      [both],
    );
    // The second one's plan was made before the first one's changes: what both are about it leaves alone, and says so.
    expect(rows).toMatchObject([
      { id: first, succeeded: 120, drifted: 0 },
      { id: second, succeeded: 60, drifted: 60 },
    ]);
    expect(rows[0].until.getTime()).toBeLessThanOrEqual(rows[1].since.getTime());
    const versions = 'SELECT DISTINCT version FROM service_config WHERE service_id = ANY ($1)';
    expect((await app.db.query(versions, [services])).rows).toEqual([{ version: 2 }]);
  });
});
