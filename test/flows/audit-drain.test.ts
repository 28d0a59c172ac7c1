import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type App, startApp } from '../app.ts';
import { queued } from '../broker.ts';

let app: App;
/** Bytes of each insert of audit records, in the order of their arrival. */
let inserts: number[];
/** Done once, when an insert has arrived and before ClickHouse has it. */
let meanwhile: (() => Promise<unknown>) | undefined;
let added: Promise<unknown> | undefined;

beforeAll(async () => {
  // Of its own: nobody else's nudge takes some of the records.
  app = await startApp();
});
beforeEach(async () => {
  inserts = [];
  [meanwhile, added] = [undefined, undefined];
  app.clickhouse.decide(({ path, body }) => {
    if (!/INSERT INTO audit_db.admin_audit_logs/.test(decodeURIComponent(path.replaceAll('+', ' ')))) return 'none';
    inserts.push(Buffer.byteLength(body));
    added ??= meanwhile?.();
    return 'none';
  });
});
afterAll(() => app.stop());

const drain = () => app.broker.deliver([queued({ v: 1, kind: 'audit.drain' })], { queue: 'audit-outbox' });

/** Records of one resource with these states after it, in the order of their acceptance. */
async function accepted(states: readonly unknown[], resourceId = randomUUID()): Promise<string> {
  await app.db.query(
    `INSERT INTO audit_outbox (id, occurred_at, actor_id, actor_email, actor_role, action, resource, resource_id, outcome, after_state,
       reason, ip_address, request_id, trace_id)
     SELECT made.id, uuid_extract_timestamp(made.id), gen_random_uuid(), 'x@example.com', 'owner', 'service.config.update', 'service_config', $1,
       'success', made.state, 'Zeile 1' || chr(10) || '"2"\\ 水', '::', 'r', 't'
     FROM (SELECT uuidv7() AS id, s.state FROM jsonb_array_elements($2::jsonb) AS s (state)) made`,
    [resourceId, JSON.stringify(states)],
  );
  return resourceId;
}

const storedStates = async (resourceId: string): Promise<unknown[]> =>
  (
    await app.analytics<{ after_state: string }>(
      `SELECT after_state FROM audit_db.admin_audit_logs WHERE resource_id = '${resourceId}' ORDER BY timestamp, id`,
    )
  ).map(({ after_state: state }) => JSON.parse(state));
const unsent = async (resourceId: string): Promise<number> =>
  (await app.db.query('SELECT FROM audit_outbox WHERE resource_id = $1 AND sent_at IS NULL', [resourceId])).rowCount ??
  0;
const ids = (states: unknown[]) => states.map((state) => (state as { n: number }).n).sort((a, b) => a - b);

describe('a drain', () => {
  it('sends 5,200 records on in two inserts, whatever is in their texts', async () => {
    const states = Array.from({ length: 5200 }, (_, n) => ({ n, text: `"\\ \u0001\n${n} Grüße 水 😀` }));
    const resource = await accepted(states);
    await drain();
    expect(await unsent(resource)).toBe(0);
    expect(inserts).toHaveLength(2);
    const stored = await storedStates(resource);
    expect(stored.length).toBe(5200);
    const wrong = stored.filter(
      (state) => JSON.stringify(state) !== JSON.stringify(states[(state as { n: number }).n]),
    );
    expect(wrong).toEqual([]);
    const [{ reason } = { reason: '' }] = await app.analytics<{ reason: string }>(
      `SELECT DISTINCT reason FROM audit_db.admin_audit_logs WHERE resource_id = '${resource}'`,
    );
    expect(reason).toBe('Zeile 1\n"2"\\ 水');
    console.log(`records of one drain: tried 5200, missing 0, different 0, inserts ${inserts.length}`);
  });

  it('never has more in hand than 4 MiB of records, compressed in Postgres or not, unless it is one', async () => {
    const [MIB, COUNT] = [1024 * 1024, 32];
    const states = Array.from({ length: COUNT }, (_, n) => ({
      n,
      // Postgres compresses the one to a few kilobytes and leaves the other.
      text: n % 2 === 0 ? 'again '.repeat(50_000) : randomBytes(150_000).toString('hex'),
    }));
    const resource = await accepted([
      ...states.slice(0, COUNT / 2),
      { n: COUNT, text: 'x'.repeat(5 * MIB) },
      ...states.slice(COUNT / 2),
    ]);
    await drain();
    expect(await unsent(resource)).toBe(0);
    const stored = await storedStates(resource);
    expect(ids(stored)).toEqual(Array.from({ length: COUNT + 1 }, (_, n) => n));
    const size = (state: unknown) => (state as { text: string }).text.length;
    expect(stored.reduce<number>((sum, state) => sum + size(state), 0)).toBe(COUNT * 300_000 + 5 * MIB);
    expect(inserts.filter((bytes) => bytes > 4.2 * MIB)).toHaveLength(1);
    console.log(
      `${(COUNT * 0.3).toFixed(1)} MB of states and one of 5 MiB: ${inserts.length} inserts, the largest of several records ${(Math.max(...inserts.filter((bytes) => bytes < 5 * MIB)) / MIB).toFixed(1)} MiB, missing 0`,
    );
  });

  it('leaves what is added while it sends to the nudge that comes with it', async () => {
    const [first, late] = [await accepted([{ n: 0 }]), randomUUID()];
    meanwhile = () => accepted([{ n: 1 }], late);
    await drain();
    await added;
    expect([inserts.length, await unsent(first), await unsent(late)]).toEqual([1, 0, 1]);
    await drain();
    expect([inserts.length, await unsent(late)]).toEqual([2, 0]);
    expect([await storedStates(first), await storedStates(late)]).toEqual([[{ n: 0 }], [{ n: 1 }]]);
  });

  it('goes on after a batch that somebody else had left, to the next one and to fresh records', async () => {
    const left = await Promise.all(Array.from({ length: 3 }, () => accepted([{ n: 0 }, { n: 1 }])));
    for (const resource of left)
      await app.db.query(
        `UPDATE audit_outbox SET batch_id = $1, attempts = 1, leased_until = now() - interval '1 second' WHERE resource_id = $2`,
        [randomUUID(), resource],
      );
    const fresh = await accepted([{ n: 0 }]);
    await drain();
    expect(await Promise.all([...left, fresh].map(unsent))).toEqual([0, 0, 0, 0]);
    expect(inserts).toHaveLength(4);
  });
});
