import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Call, call } from '../../drizzle/client.ts';
import { applyBatch } from '../../drizzle/repositories/operation-batches.ts';
import { type App, commonApp, type Person } from '../app.ts';
import { operationsOf } from '../operations.ts';
import { roleOf } from '../roles.ts';

const SESSIONS_EACH = 100;

let app: App;
let operations: ReturnType<typeof operationsOf>;
let owner: Person;
beforeAll(async () => {
  app = await commonApp();
  operations = operationsOf(app);
  owner = await app.person('owner');
});
afterAll(() => app.stop());

/** An operation that would end all sessions of so many admins, which nobody has agreed to. */
async function planned(admins: number): Promise<string> {
  const role = await roleOf(app, 'services.view');
  const { rows } = await app.db.query(
    `WITH people AS (INSERT INTO admins (id, subject, email, name) SELECT id, 'test|' || id, id || '@example.com', 'T' FROM unnest($1::uuid[]) AS id),
     granted AS (INSERT INTO grants (id, admin_id, role_id) SELECT gen_random_uuid(), a.id, r.id FROM unnest($1::uuid[]) AS a (id), roles r WHERE r.name = $2),
     sessions AS (INSERT INTO admin_sessions (id, admin_id, ip_address, user_agent)
       SELECT gen_random_uuid()::text, id, '192.0.2.0', 'x' FROM unnest($1::uuid[]) AS id CROSS JOIN generate_series(1, $3::int))
     SELECT id FROM roles WHERE name = $2`,
    [Array.from({ length: admins }, () => randomUUID()), role, SESSIONS_EACH],
  );
  const { id, plan } = await operations.asked(owner, {
    type: 'sessions.revoke',
    target: { type: 'role', id: rows[0].id },
  });
  expect(plan.itemsTotal).toBe(admins * (1 + SESSIONS_EACH));
  return id;
}

/** Outcomes as a run leaves them, of the places from `low` to before `high` for which `outcome` (SQL over `seq`) gives one. */
const keep = (id: string, [low, high]: [number, number], outcome: string) =>
  app.db.query(
    `INSERT INTO admin_operation_items (operation_id, seq, kind, target_id, outcome, round)
     SELECT $1, seq, 'session', '-', (${outcome}), 0 FROM generate_series($2::int, $3::int - 1) AS seq WHERE (${outcome}) IS NOT NULL`,
    [id, low, high],
  );

interface Explained {
  Plan: { 'Shared Hit Blocks': number; 'Shared Read Blocks': number };
}

describe('an operation of 30,300 targets', () => {
  it('reads as little for a batch near its end as for one near its beginning', async () => {
    const [id, LATE, BATCH] = [await planned(300), 29_500, 250];
    const { rows } = await app.db.query('SELECT locks FROM admin_operations WHERE id = $1', [id]);
    const hold = { operationId: id, locks: rows[0].locks as string[], tokens: rows[0].locks.map(() => 1) };
    const client = await app.db.connect();
    /** Blocks that the statement of a batch touches. Its sessions stay as they are, so that reading is most of it. */
    const blocks = async (from: number): Promise<number> => {
      const input = { from, limit: BATCH, eventIds: Array.from({ length: BATCH }, () => randomUUID()) };
      const batch: Call = call(applyBatch.session, { ...hold, ...input, requestId: 'r', activeMs: 1, patch: '{}' });
      await client.query('BEGIN');
      await client.query(
        `UPDATE admin_operations SET phase = 'running', next_seq = $2, started_by = actor_admin_id WHERE id = $1`,
        [id, from],
      );
      for (const lock of hold.locks)
        await client.query(
          `INSERT INTO operation_locks (name, operation_id, token) VALUES ($1, $2, 1)
           ON CONFLICT (name) DO UPDATE SET operation_id = excluded.operation_id, token = 1`,
          [lock, id],
        );
      const explained = await client.query(`EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${batch.text}`, batch.parameters);
      await client.query('ROLLBACK');
      const { Plan } = (explained.rows[0]['QUERY PLAN'] as Explained[])[0] as Explained;
      return Plan['Shared Hit Blocks'] + Plan['Shared Read Blocks'];
    };
    try {
      const FIRST = 500;
      await blocks(FIRST);
      const early = await blocks(FIRST);
      await keep(id, [0, LATE], `'succeeded'`);
      const late = await blocks(LATE);
      console.log(`blocks read for a batch of ${BATCH}: ${early} at ${FIRST}, ${late} at ${LATE}`);
      // Each target and its outcome were looked for.
      expect(early).toBeGreaterThan(BATCH * 2);
      expect(late).toBeLessThan(early * 1.1);
    } finally {
      client.release(true);
    }
  });
});

type Item = { seq: number; outcome: string; undoOutcome: string | null };

describe('the items of an operation of 2,525 targets', () => {
  const pages = async (id: string, query: string): Promise<Item[]> => {
    const found: Item[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const path = `/v1/admin/operations/${id}/items?limit=190${query}${cursor && `&cursor=${cursor}`}`;
      const { json, status } = await app.call('GET', path, { as: owner });
      expect(status).toBe(200);
      found.push(...json.items);
      cursor = json.nextCursor;
    }
    return found;
  };

  it.each([
    ['nothing is done', 0, 0, 'NULL'],
    ['the first round is half over', 0, 1300, `(ARRAY['succeeded','failed','skipped'])[1 + seq % 7 % 3]`],
    ['all is done', 0, 2525, `(ARRAY['succeeded','failed','skipped'])[1 + seq % 7 % 3]`],
    ['a later round goes over what an earlier one left out', 1, 700, `CASE WHEN seq % 5 > 1 THEN 'succeeded' END`],
  ])('are the same, page by page and by every filter, when %s', async (_, round, next, outcome) => {
    const id = await planned(25);
    await keep(id, [0, round === 0 ? next : 2525], outcome);
    await app.db.query(
      `UPDATE admin_operation_items SET undo_outcome = (ARRAY['undone','left'])[1 + seq % 2] WHERE operation_id = $1 AND seq > 900 AND outcome = 'succeeded'`,
      [id],
    );
    await app.db.query(
      `UPDATE admin_operations SET next_seq = $2, round = $3, items_done = (SELECT count(*) FROM admin_operation_items WHERE operation_id = $1) WHERE id = $1`,
      [id, next, round],
    );
    const { rows } = await app.db.query(
      'SELECT seq, outcome, undo_outcome FROM admin_operation_items WHERE operation_id = $1',
      [id],
    );
    const kept = new Map(rows.map((row) => [row.seq as number, row]));
    const { rows: chunks } = await app.db.query(
      'SELECT ids FROM admin_operation_chunks WHERE operation_id = $1 ORDER BY seq_from',
      [id],
    );
    const targets = chunks.flatMap(({ ids }) => ids as string[]);
    const truth = targets.map((targetId, seq) => ({
      ...{
        seq,
        targetId,
        outcome: kept.get(seq)?.outcome ?? 'pending',
        undoOutcome: kept.get(seq)?.undo_outcome ?? null,
      },
    }));
    expect(truth).toHaveLength(2525);
    let [tried, wrong] = [0, 0];
    for (const wanted of [undefined, 'pending', 'succeeded', 'skipped', 'failed'])
      for (const undo of [undefined, 'undone', 'left', 'failed']) {
        const query = `${wanted ? `&outcome=${wanted}` : ''}${undo ? `&undoOutcome=${undo}` : ''}`;
        const isWanted = (one: Item) => (!wanted || one.outcome === wanted) && (!undo || one.undoOutcome === undo);
        const shown = (await pages(id, query)).map(({ seq, outcome: became, undoOutcome, ...more }) => ({
          ...{ seq, targetId: (more as { targetId?: string }).targetId, outcome: became, undoOutcome },
        }));
        tried++;
        if (JSON.stringify(shown) !== JSON.stringify(truth.filter(isWanted))) wrong++;
      }
    expect([tried, wrong]).toEqual([20, 0]);
    console.log(`filters of items, page by page: tried ${tried}, wrong ${wrong}`);
  });
});
