import { randomBytes } from 'node:crypto';
import { expect } from 'vitest';
import type { App } from '../app.ts';
import { operationsOf } from '../operations.ts';
import type { Cast, Operation, Scene } from './case.ts';
import { CASES } from './index.ts';

export interface Requested {
  type: string;
  scene: Scene;
  operation: Operation;
  /** Of the request. */
  traceId: string;
  /** Targets, before anything was done to them. */
  was: Record<string, unknown>;
}

export const PATH = '/v1/admin/operations';
export const caseOf = (type: string) => CASES[type] ?? expect.fail(`${type} has no case`);
export const itemsOf = ({ kinds }: Scene): number => Object.values(kinds).reduce((sum, n) => sum + n, 0);
export const askFor = (type: string, { target, parameters }: Pick<Scene, 'target' | 'parameters'>) => ({
  type,
  target,
  parameters,
});

/** What the plan must say of what an undo does not bring back, in warnings too. */
function checkPlan(type: string, scene: Scene, plan: Operation['plan'] & { warnings: string[] }): void {
  const { undo } = caseOf(type);
  expect(Object.keys(plan.undo).sort()).toEqual(Object.keys(undo).sort());
  for (const [kind, expected] of Object.entries(undo))
    expect(plan.undo[kind]).toEqual(expected === true ? true : expect.stringMatching(expected));
  const left = [...new Set(Object.values(plan.undo).filter((why) => why !== true))];
  expect(plan.warnings).toEqual([...scene.warnings, ...left.map((why) => `An undo does not bring it back: ${why}`)]);
}

/** The dry run, then the same in earnest, up to where it can be started. */
export async function request(app: App, cast: Cast, type: string, scene: Scene): Promise<Requested> {
  const { risk } = caseOf(type);
  const operations = operationsOf(app);
  const was = await scene.state();
  const dry = await app.call('POST', `${PATH}/plan`, { as: cast.asks, body: askFor(type, scene) });
  expect([dry.status, dry.json.code]).toEqual([200, undefined]);
  const traceId = randomBytes(16).toString('hex');
  const asked = await operations.post(
    cast.asks,
    { ...askFor(type, scene), reason: `because of ${type}`, start: false },
    { traceparent: `00-${traceId}-${randomBytes(8).toString('hex')}-01` },
  );
  expect([asked.status, asked.json.code]).toEqual([202, undefined]);
  const { id, plan } = asked.json;
  expect(plan).toEqual(dry.json);
  expect([plan.itemsTotal, plan.kinds, asked.json.risk]).toEqual([itemsOf(scene), scene.kinds, risk]);
  checkPlan(type, scene, plan);
  expect(await scene.state()).toEqual(was);
  if (risk !== 'routine') {
    expect((await operations.start(cast.starts, id)).json).toMatchObject({
      code: 'conflict',
      detail:
        'An operation that is awaiting_approval cannot be started. Its phase allows: approve, reject, start with breakGlass, cancel.',
    });
    expect((await operations.approve(cast.agrees, asked.json)).status).toBe(200);
  }
  return { type, scene, operation: asked.json, traceId, was };
}

export async function start(app: App, cast: Cast, requested: Requested): Promise<Requested> {
  const started = await operationsOf(app).start(cast.starts, requested.operation.id);
  expect([started.status, started.json.code]).toEqual([200, undefined]);
  return { ...requested, operation: started.json };
}

/** Until it is done. */
export async function perform(app: App, cast: Cast, type: string, scene: Scene): Promise<Requested> {
  const started = await start(app, cast, await request(app, cast, type, scene));
  expect(await operationsOf(app).reached(started.operation.id)).toBe('completed');
  return begun(app, started);
}

/** With the instant at which it began. Not by GET: a look would be recorded. */
export async function begun(app: App, requested: Requested): Promise<Requested> {
  const { rows } = await app.db.query('SELECT started_at AS at FROM admin_operations WHERE id = $1', [
    requested.operation.id,
  ]);
  return { ...requested, operation: { ...requested.operation, startedAt: rows[0].at.toISOString() } };
}

/** Counters and items: each of those that changed, and those that were so already. */
export async function checkItems(app: App, cast: Cast, { operation, scene }: Requested): Promise<void> {
  const operations = operationsOf(app);
  const total = itemsOf(scene);
  const changed = scene.records(operation).length;
  expect(await operations.read(cast.asks, operation.id)).toMatchObject({
    phase: 'completed',
    status: 'completed',
    startedBy: cast.starts.id,
    itemsDone: total,
    itemsFailed: 0,
    itemsSkipped: total - changed,
    lastError: null,
    progress: { percent: 100 },
  });
  const items: { outcome: string; error: string | null }[] = await operations.items(cast.asks, operation.id);
  const said = items.map(({ outcome, error }) => `${outcome} ${error}`).sort();
  expect(said).toEqual([
    ...Array(total - changed).fill('skipped It was so already.'),
    ...Array(changed).fill('succeeded null'),
  ]);
}

/** What the trail says of the operation itself, from its request on. */
export async function checkTrail(app: App, { type, operation }: Requested, more: string[] = []): Promise<void> {
  const agreed = caseOf(type).risk === 'routine' ? [] : ['start failure', 'approve success'];
  const verbs = ['request success', ...agreed, 'start success', 'complete success', ...more];
  const { rows } = await app.db.query(
    `SELECT action, outcome FROM audit_outbox WHERE resource = 'operation' AND resource_id = $1 ORDER BY id`,
    [operation.id],
  );
  const said = rows.map(({ action, outcome }) => `${action} ${outcome}`);
  expect(said).toEqual(verbs.map((verb) => `operation.${verb}`));
}
