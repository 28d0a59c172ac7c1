import { expect } from 'vitest';
import { type App, until } from '../app.ts';
import { queued } from '../broker.ts';
import type { Fault } from '../faulty-proxy.ts';
import { operationsOf } from '../operations.ts';
import type { Cast } from './case.ts';
import { begun, caseOf, itemsOf, type Requested, start } from './perform.ts';

/** SQL that keeps what became of targets, in the body of a call to Postgres. */
const KEEPS = 'INSERT INTO \\"admin_operation_items\\"';
/** SQL that ends an operation whose targets have all had their turn. */
const ENDS = 'o.next_seq >= o.items_total';

/** Of a batch: from which target on. Its first parameters are locks, tokens, operation, operation, position. */
function positionIn(body: string): number {
  const said = JSON.parse(body);
  return Number((said.queries?.at(-1) ?? said).params[4]);
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

const deliver = (app: App, operationId: string) =>
  app.broker.deliver([queued({ v: 1, kind: 'operation.run', operationId })], { queue: 'operations' });

/** Operation → how many of its targets have had their turn. @throws when one has ended */
async function doneOf(app: App, ids: readonly string[]): Promise<Map<string, number>> {
  const { rows } = await app.db.query('SELECT id, phase, items_done FROM admin_operations WHERE id = ANY ($1)', [ids]);
  for (const { phase } of rows) expect(['queued', 'running']).toContain(phase);
  return new Map(rows.map(({ id, items_done }) => [id, items_done]));
}

/** From here on batches meet this fate, and none of them comes to its end. */
function holdBatches(app: App, ids: readonly string[], fate: (id: string, position: number) => Fault): void {
  app.postgres.decide(({ body }) => {
    const id = ids.find((each) => body.includes(each));
    if (id && body.includes(ENDS)) return 'hang';
    return id && body.includes(KEEPS) ? fate(id, positionIn(body)) : 'none';
  });
}

/** What the lock of the holds' runs offers. */
interface Lock {
  holder(): Promise<{ token: number } | null>;
  release(token: number): Promise<void>;
}

/** Ends the runtime. The minute's leases of whoever brought records on their way run out: this is the same as waiting. */
async function kill(app: App): Promise<void> {
  await app.crash();
  await app.db.query('UPDATE audit_outbox SET leased_until = now() WHERE leased_until > now() AND sent_at IS NULL');
  const locks = await app.worker().miniflare.getDurableObjectNamespace('OPERATION_LOCK', 'steward');
  const lock = locks.get(locks.idFromName('audit-holds')) as unknown as Lock;
  const lease = await lock.holder();
  if (lease) await lock.release(lease.token);
}

/** Operation → how far it stands when the runtime ends, and what becomes of the batch it has in hand there. */
type Stand = ReadonlyMap<string, { at: number; fate: Fault; done: number }>;

/**
 * At its second target, if it has one. The batch is done, and its answer on the way; of what is done outside of Postgres, the word of
 * it never gets there.
 */
const standOf = (round: readonly Requested[]): Stand =>
  new Map(
    round.map(({ type, scene, operation }) => {
      const at = Math.min(1, itemsOf(scene) - 1);
      const { outside = false } = caseOf(type);
      return [operation.id, { at, fate: outside ? 'hang' : 'hold-reply', done: outside ? at : at + 1 }];
    }),
  );

/** Starts them, and ends the runtime when each of them stands where it is to stand. */
async function killAt(app: App, stand: Stand, begin: () => Promise<Requested[]>): Promise<Requested[]> {
  const [ids, held] = [[...stand.keys()], new Set<string>()];
  holdBatches(app, ids, (id, position) => {
    const { at = 0, fate = 'none' } = stand.get(id) ?? {};
    if (position >= at) held.add(id);
    return position < at ? 'none' : position === at ? fate : 'hang';
  });
  const started = await begin();
  const wanted = new Map([...stand].map(([id, { done }]) => [id, done]));
  await until(async () => {
    const done = await doneOf(app, ids);
    const waiting = ids.filter((id) => !held.has(id) || done.get(id) !== wanted.get(id));
    // One that finds the lock of an earlier run taken goes away: it is delivered until it stands there.
    await Promise.all(waiting.map((id) => Promise.race([deliver(app, id), pause(250)])));
    return waiting.length === 0;
  }, 'each of them stands at its batch');
  await kill(app);
  expect(await doneOf(app, ids)).toEqual(wanted);
  app.postgres.decide(() => 'none');
  return started;
}

/** Every other one is taken up again by a message, the rest by the sweep. */
async function goOn(app: App, ids: readonly string[]): Promise<void> {
  const { phaseOf } = operationsOf(app);
  const areDone = async (some: readonly string[]) =>
    (await Promise.all(some.map(phaseOf))).every((phase) => phase === 'completed');
  const delivered = ids.filter((_, n) => n % 2 === 0);
  await Promise.all(delivered.map((id) => deliver(app, id)));
  await until(() => areDone(delivered), 'the message has brought them to their end');
  await until(
    async () => {
      await app.worker().scheduled('* * * * *');
      return areDone(ids);
    },
    'the sweep has brought them to their end',
    40_000,
    300,
  );
}

/** Those that need the same lock cannot be at work at once: one round after the other. */
async function roundsOf(app: App, all: readonly Requested[]): Promise<Requested[][]> {
  const { rows } = await app.db.query('SELECT id, locks FROM admin_operations WHERE id = ANY ($1)', [
    all.map(({ operation }) => operation.id),
  ]);
  const locks = new Map<string, string[]>(rows.map((row) => [row.id, row.locks]));
  const rounds: { taken: Set<string>; of: Requested[] }[] = [];
  for (const each of all) {
    const wanted = locks.get(each.operation.id) ?? [];
    const free = rounds.find(({ taken }) => wanted.every((lock) => !taken.has(lock)));
    const round = free ?? { taken: new Set(), of: [] };
    if (!free) rounds.push(round);
    for (const lock of wanted) round.taken.add(lock);
    round.of.push(each);
  }
  return rounds.map(({ of }) => of);
}

/** Starts all of them and ends the runtime under each, while it is at work. @returns them as they were started, by type */
export async function performUnderKills(app: App, cast: Cast, all: readonly Requested[]) {
  const done = new Map<string, Requested>();
  for (const round of await roundsOf(app, all)) {
    const stand = standOf(round);
    const started = await killAt(app, stand, () => Promise.all(round.map((each) => start(app, cast, each))));
    await goOn(app, [...stand.keys()]);
    for (const each of started) done.set(each.type, await begun(app, each));
  }
  return done;
}
