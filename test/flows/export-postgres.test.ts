import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type App, type Person, startApp, until } from '../app.ts';
import { chunksOf } from '../export-files.ts';
import { askFor, exportOf, rowsOfNdjson } from '../exported-file.ts';

let app: App;
let owner: Person;
beforeAll(async () => {
  app = await startApp({
    ...{ EXPORT_CHUNK_BYTES: '4000', EXPORT_CHUNKS_PER_RUN: '6', EXPORT_LEASE_SECONDS: '5' },
    ...{ EXPORT_CONCURRENCY: '16', EXPORT_CONCURRENCY_PER_ADMIN: '16' },
  });
  owner = await app.person('owner');
});
beforeEach(() => app.postgres.decide(() => 'none'));
afterAll(() => app.stop());

const addFeatures = (service: string, rows: number, code: string) =>
  app.db.query(
    `INSERT INTO service_features (id, service_id, name, code, created_by)
     SELECT gen_random_uuid(), $1, 'Feature', $3 || n, $1 FROM generate_series(1, $2::int) n`,
    [service, rows, code],
  );

/** A service with so many features and as many testers. */
async function filled(rows: number): Promise<string> {
  const service = await app.service();
  await addFeatures(service, rows, 'f');
  await app.db.query(
    `INSERT INTO service_tester_users (id, service_id, user_id, note, created_by)
     SELECT gen_random_uuid(), $1, gen_random_uuid(), 'note', $1 FROM generate_series(1, $2::int) n`,
    [service, rows],
  );
  return service;
}

const idsIn = async (table: string, service: string): Promise<string[]> =>
  (await app.db.query(`SELECT id FROM ${table} WHERE service_id = $1 ORDER BY id`, [service])).rows.map(({ id }) => id);

/** A page of an export of features: its statement, and no other, cuts rows by their bytes. */
const isPage = ({ body }: { body: string }) => body.includes('octet_length') && body.includes('service_features');

/** Acts before the nth page of features is read, and lets it be read only then. */
function beforePage(n: number, act: () => Promise<unknown>) {
  const state = { pages: 0, acted: Promise.resolve() as Promise<unknown> };
  app.postgres.decide((call) => {
    if (!isPage(call) || ++state.pages < n) return 'none';
    if (state.pages === n) state.acted = act();
    // Until it is done the page fails, and is asked for again by the next run.
    return done.is ? 'none' : 'error';
  });
  const done = { is: false };
  return { done, state };
}

/** What the exporter's sessions hold, as the owner of the database sees it, again and again until told to end. */
async function sampling() {
  const client = new pg.Client({ connectionString: app.ownerUrl });
  await client.connect();
  const samples: { mode: string; kind: string; waiting: string[] }[] = [];
  let isOver = false;
  const loop = (async () => {
    while (!isOver) {
      const { rows } = await client.query(
        `SELECT l.mode, l.locktype AS kind, ARRAY(SELECT b.pid::text FROM pg_stat_activity b
            WHERE l.pid = ANY (pg_blocking_pids(b.pid))) AS waiting
         FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
         WHERE a.usename = 'steward_exporter' AND a.datname = current_database()
           -- While a session begins it holds its database, whatever it is going to ask.
           AND (l.locktype, l.classid) IS DISTINCT FROM ('object', 'pg_database'::regclass)`,
      );
      samples.push(...rows);
      await new Promise((resolve) => setTimeout(resolve, 3));
    }
    await client.end();
  })();
  return async () => {
    isOver = true;
    await loop;
    return samples;
  };
}

describe('export_postgres.happy', () => {
  it('stands in the way of no update, and has every row exactly once while 500 of them run beside it', async () => {
    const service = await filled(600);
    const [features, testers] = [
      await idsIn('service_features', service),
      await idsIn('service_tester_users', service),
    ];
    const ended = await sampling();
    const asked = (exportType: string) => ({ exportType, parameters: { serviceId: service }, fileFormat: 'ndjson' });
    let writing = true;
    const files = Promise.all([
      ...['features', 'testers', 'services'].map((type) => exportOf(app, owner, asked(type))),
    ]).finally(() => {
      writing = false;
    });
    const pick = (ids: string[], n: number) => ids[(n * 7919) % ids.length];
    let beside = 0;
    const update = async (n: number) => {
      const texts: [string, string | undefined, string][] = [
        ['service_features SET description', pick(features, n), 'd'],
      ];
      if (n % 2) texts.push(['service_tester_users SET note', pick(testers, n), 'n']);
      if (n % 3 === 0) texts.push(['services SET name', service, 's']);
      const results = await Promise.all(
        texts.map(([what, id, text]) => app.db.query(`UPDATE ${what} = $2 WHERE id = $1`, [id, `${text} ${n}`])),
      );
      if (writing) beside += results.length;
      return results.reduce((sum, { rowCount }) => sum + (rowCount ?? 0), 0);
    };
    let updated = 0;
    await until(
      async () => (await app.db.query('SELECT FROM admin_export_chunks')).rows.length > 3,
      'the export is under way',
    );
    for (let n = 0; updated < 500; n++) updated += await update(n);
    const [ofFeatures, ofTesters, ofServices] = await files;
    const samples = await ended();
    const locks = [...new Set(samples.filter(({ kind }) => kind === 'relation').map(({ mode }) => mode))];
    expect(updated).toBeGreaterThanOrEqual(500);
    expect(locks).toEqual(['AccessShareLock']);
    // Beside the relations: its own virtual transaction, and no number of a transaction that writes.
    expect(
      [...new Set(samples.map(({ kind }) => kind))].filter((kind) => kind !== 'relation' && kind !== 'virtualxid'),
    ).toEqual([]);
    expect(samples.flatMap(({ waiting }) => waiting)).toEqual([]);
    expect(rowsOfNdjson(ofFeatures?.text ?? '').map(({ id }) => id)).toEqual(features);
    expect(rowsOfNdjson(ofTesters?.text ?? '').map(({ id }) => id)).toEqual(testers);
    expect(rowsOfNdjson(ofServices?.text ?? '').map(({ id }) => id)).toEqual([service]);
    const pages = (await Promise.all([ofFeatures, ofTesters].map((file) => chunksOf(app, file?.id ?? '')))).flat()
      .length;
    expect(pages).toBeGreaterThan(40);
    expect(beside).toBeGreaterThan(0);
    console.log(
      `updates beside an export: ${updated}, of these while it ran ${beside}, failed 0, waited for it 0; pages ${pages}, rows 1201, lost 0, twice 0; samples of locks ${samples.length}, modes ${locks}`,
    );
  });

  it('reads in transactions that are repeatable read and read only', async () => {
    const service = await filled(100);
    const asked = { exportType: 'features', parameters: { serviceId: service } };
    const client = new pg.Client({ connectionString: app.ownerUrl });
    await client.connect();
    // A function in the exporter's way writes down what SHOW says in its transaction, and tries to write a row.
    await client.query(`CREATE SCHEMA probe; GRANT USAGE ON SCHEMA probe TO steward_exporter; CREATE SEQUENCE probe.calls;
      CREATE FUNCTION probe.seen() RETURNS text LANGUAGE plpgsql AS $$ BEGIN
        RETURN current_setting('transaction_isolation') || ', ' || current_setting('transaction_read_only'); END $$;
      ALTER TABLE service_features RENAME TO features_kept;
      CREATE VIEW service_features AS SELECT id, service_id, parent_id, name, code, probe.seen() AS description, category, is_active,
        is_default, display_order, created_by, created_at, updated_at, version FROM features_kept;
      GRANT SELECT ON service_features TO steward_exporter; GRANT EXECUTE ON FUNCTION probe.seen() TO steward_exporter`);
    try {
      const file = await exportOf(app, owner, { ...asked, fileFormat: 'ndjson' });
      const said = new Set(rowsOfNdjson(file.text).map(({ description }) => description));
      expect([...said]).toEqual(['repeatable read, on']);
      expect((await chunksOf(app, file.id)).length).toBeGreaterThan(5);
    } finally {
      await client.query(
        `DROP VIEW service_features; ALTER TABLE features_kept RENAME TO service_features; DROP SCHEMA probe CASCADE`,
      );
      await client.end();
    }
  });

  it('leaves out what was made after the request', async () => {
    const service = await filled(200);
    const before = await idsIn('service_features', service);
    const { done, state } = beforePage(5, async () => {
      await addFeatures(service, 50, 'late');
      done.is = true;
    });
    const file = await exportOf(app, owner, {
      exportType: 'features',
      parameters: { serviceId: service },
      fileFormat: 'ndjson',
    });
    await state.acted;
    expect(await idsIn('service_features', service)).toHaveLength(250);
    expect(rowsOfNdjson(file.text).map(({ id }) => id)).toEqual(before);
    console.log('cutoff of Postgres: 50 rows made meanwhile, in the file 0');
  });
});

describe('export_postgres.bad_day', () => {
  const failing = async (service: string, page: number, remove: string) => {
    const { done, state } = beforePage(page, async () => {
      await app.db.query(remove, [service]);
      done.is = true;
    });
    const asked = { exportType: 'features', parameters: { serviceId: service }, fileFormat: 'json' };
    const { json } = await askFor(app, owner, asked);
    const failed = await app.finished(owner, json.id);
    await state.acted;
    app.postgres.decide(() => 'none');
    const left = await idsIn('service_features', service);
    expect([failed.status, failed.rowsExpected]).toEqual(['failed', 200]);
    expect(failed.failureReason).toContain(`200 rows were expected and ${failed.rowsDone} were written`);
    expect(failed.rowsDone).toBeLessThan(200);
    const again = await app.call('POST', `/v1/admin/exports/${json.id}/retry`, { as: owner });
    expect([again.status, again.json.rowsDone]).toEqual([200, 0]);
    const view = await app.finished(owner, json.id);
    expect([view.status, view.rowsExpected, view.rowsDone, view.cutoff]).toEqual([
      'ready',
      left.length,
      left.length,
      failed.cutoff,
    ]);
    const rows: { id: string }[] = JSON.parse((await app.download(view.downloadUrl)).text);
    expect(rows.map(({ id }) => id)).toEqual(left);
    return failed.failureReason as string;
  };

  it('fails with both counts when rows are removed meanwhile, and begins anew on retry', async () => {
    const [some, rest] = [await filled(200), await filled(200)];
    const reasons = [
      await failing(
        some,
        3,
        `DELETE FROM service_features WHERE id IN (SELECT id FROM service_features WHERE service_id = $1 ORDER BY id DESC LIMIT 7)`,
      ),
      // Everything that was to follow: a page without rows.
      await failing(
        rest,
        5,
        `DELETE FROM service_features f WHERE service_id = $1 AND id > (SELECT max((e.position->'keys'->>1)::uuid::text)::uuid FROM admin_exports e
        WHERE e.parameters->>'serviceId' = f.service_id::text)`,
      ),
    ];
    console.log(
      `rows removed meanwhile: ${reasons.length} exports failed (${reasons.join(' ')}), retried ${reasons.length}, wrong 0`,
    );
  });

  it('is not done before its last row, whatever was counted', async () => {
    const service = await filled(1000);
    const asked = { exportType: 'features', parameters: { serviceId: service }, fileFormat: 'json' };
    const page = Number((await chunksOf(app, (await exportOf(app, owner, asked)).id))[0]?.rows);
    // As many as two runs write, and one that is made, long ago by its own word, after they were counted.
    const rows = 12 * page;
    await app.db.query(
      `DELETE FROM service_features WHERE service_id = $1 AND id NOT IN
         (SELECT id FROM service_features WHERE service_id = $1 ORDER BY id LIMIT $2)`,
      [service, rows],
    );
    const { done, state } = beforePage(7, async () => {
      await app.db.query(
        `INSERT INTO service_features (id, service_id, name, code, created_by, created_at)
         VALUES (('ffffffff' || substr($2::text, 9))::uuid, $1, 'Late', 'late', $1, now() - interval '1 hour')`,
        [service, randomUUID()],
      );
      done.is = true;
    });
    const { json } = await askFor(app, owner, asked);
    const view = await app.finished(owner, json.id);
    await state.acted;
    expect([view.status, view.rowsDone]).toEqual(['failed', rows + 1]);
    await app.call('POST', `/v1/admin/exports/${json.id}/retry`, { as: owner });
    const again = await app.finished(owner, json.id);
    expect([again.status, again.rowsExpected, again.rowsDone]).toEqual(['ready', rows + 1, rows + 1]);
    expect(JSON.parse((await app.download(again.downloadUrl)).text)).toHaveLength(rows + 1);
  });
});
