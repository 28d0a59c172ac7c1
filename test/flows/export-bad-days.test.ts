import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, type Person, startApp, until } from '../app.ts';
import { changesOf, chunksOf, fileOf } from '../export-files.ts';
import type { Fault } from '../faulty-proxy.ts';
import { insertRecords } from '../records.ts';

let app: App;
let auditor: Person;
let service: string;
let clean: Awaited<ReturnType<typeof fileOf>>;
/** What becomes of a query of ClickHouse, by the text it is known by. */
const faults = new Map<string, () => Fault>();
beforeAll(async () => {
  app = await startApp({
    ...{ EXPORT_CHUNK_BYTES: '20000', EXPORT_CHUNKS_PER_RUN: '5', EXPORT_LEASE_SECONDS: '2' },
    // Whoever has no turn comes back a second later.
    ...{ EXPORT_CONCURRENCY: '16', EXPORT_CONCURRENCY_PER_ADMIN: '16' },
  });
  auditor = await app.person('auditor');
  service = await app.service();
  await insertRecords(app, service, { count: 300, days: 2 });
  clean = await fileOf(app, auditor, changesOf(service));
  app.clickhouse.decide(({ path, body }) => {
    if (!(path + body).includes('TSVRaw')) return 'none';
    const known = [...faults].find(([text]) => (path + body).includes(text));
    return known?.[1]() ?? 'none';
  });
});
afterAll(() => app.stop());

const hashesOf = (chunks: { sha256: string }[]) => chunks.map(({ sha256 }) => sha256);

describe('exports.bad-days', () => {
  it('never commits a body cut short or followed by an error, and finishes with the right file', async () => {
    const size = clean.file?.text.length ?? 0;
    // In the first chunk, behind some, in the last one, and with nothing at all.
    const cuts = [0, 5000, Math.round(size / 2), size - 500];
    const kinds = [
      ...cuts.flatMap((cut) => [{ breakAfter: cut }, { endAfter: cut }]),
      ...(['error', 'refuse', 'lose-reply'] as const),
    ];
    // All at once, for most of it is waiting for retries: each export's queries are known by the year it begins with.
    const met = kinds.map(() => 0);
    const since = (n: number) => `${2001 + n}-01-01`;
    for (const [n, kind] of kinds.entries()) faults.set(since(n), () => ((met[n] as number)++ < 2 ? kind : 'none'));
    const one = async (fault: (typeof kinds)[number], n: number) => {
      const id = await app.exported(auditor, { ...changesOf(service), from: `${since(n)}T00:00:00Z` });
      const view = await app.finished(auditor, id);
      expect([fault, view.status, view.rowsDone]).toEqual([fault, 'ready', 300]);
      expect((await app.download(view.downloadUrl)).text).toBe(clean.file?.text);
      // Cut in the same places, wherever a run began.
      expect(hashesOf(await chunksOf(app, id))).toEqual(hashesOf(await chunksOf(app, clean.id)));
      // What is left after a first clean end far into the answer may be shorter than where the second one comes.
      const mayBeWhole = typeof fault === 'object' && 'endAfter' in fault && fault.endAfter > 5000;
      expect(met[n]).toBeGreaterThan(mayBeWhole ? 1 : 2);
    };
    await Promise.all(kinds.map(one));
    console.log(`truncated, broken and failing bodies: tried ${kinds.length}, wrong files 0`);
  });
});

// One of them mostly waits for its retry.
describe.concurrent('exports.bad-days', () => {
  it('writes each chunk once for a message delivered five times at once', async () => {
    const worker = await app.worker().miniflare.getWorker('steward');
    const one = async (round: number) => {
      const id = await app.exported(auditor, changesOf(service));
      await Promise.all(
        Array.from({ length: 5 }, (_, n) =>
          worker.queue('exports', [
            {
              id: `x${round}${n}`,
              timestamp: new Date(),
              attempts: 1,
              body: { v: 1, kind: 'export.run', exportId: id },
            },
          ]),
        ),
      );
      const view = await app.finished(auditor, id);
      expect((await app.download(view.downloadUrl)).text).toBe(clean.file?.text);
      expect(await chunksOf(app, id)).toHaveLength((await chunksOf(app, clean.id)).length);
    };
    await Promise.all([0, 1, 2, 3, 4].map(one));
    console.log('one message five times at once: tried 5 exports, wrong files 0, doubled chunks 0');
  });

  it('fails, with both counts, when what was written is not what was expected', async () => {
    const ten = await app.service();
    await insertRecords(app, ten, { count: 10, days: 1 });
    faults.set(ten, () => 'error');
    const id = await app.exported(auditor, changesOf(ten));
    await until(async () => {
      const { rows } = await app.db.query('SELECT rows_expected FROM admin_exports WHERE id = $1', [id]);
      return rows[0].rows_expected !== null;
    }, 'the rows are counted');
    await app.db.query('UPDATE admin_exports SET rows_expected = 11 WHERE id = $1', [id]);
    faults.delete(ten);
    const view = await app.finished(auditor, id);
    expect(view).toMatchObject({ status: 'failed', downloadUrl: null });
    expect(view.failureReason).toMatch(/11 .*expected.* 10 /);
    await app.drained();
    expect((await app.auditOf(id)).map(({ action, outcome }) => `${action} ${outcome}`)).toContain(
      'export.complete failure',
    );
  });
});

describe('exports.bad-days', () => {
  it('goes on in the right place whatever the export is filtered by', async () => {
    const filters = { ...changesOf(service), resource: 'export', resourceId: service, outcome: 'success' };
    const whole = await fileOf(app, auditor, filters);
    let met = 0;
    const cut = { breakAfter: Math.round((whole.file?.text.length ?? 0) / 2) };
    faults.set(service, () => (met++ === 0 ? cut : 'none'));
    const { view, file } = await fileOf(app, auditor, filters);
    faults.delete(service);
    expect([view.status, view.rowsDone, met]).toEqual(['ready', 100, 2]);
    expect(file?.text).toBe(whole.file?.text);
  });

  it('goes on under a new fencing token and lets the old holder write nothing', async () => {
    const id = await app.exported(auditor, changesOf(service));
    await app.finished(auditor, id);
    const { rows } = await app.db.query('SELECT fence, next_seq FROM admin_exports WHERE id = $1', [id]);
    await app.db.query(
      `UPDATE admin_exports SET status = 'processing', fence = fence + 5, next_seq = next_seq - 1 WHERE id = $1`,
      [id],
    );
    const worker = await app.worker().miniflare.getWorker('steward');
    await worker.queue('exports', [
      { id: 'stale', timestamp: new Date(), attempts: 1, body: { v: 1, kind: 'export.run', exportId: id } },
    ]);
    const after = await app.db.query('SELECT fence, next_seq, status FROM admin_exports WHERE id = $1', [id]);
    expect(after.rows).toEqual([
      { fence: String(Number(rows[0].fence) + 5), next_seq: rows[0].next_seq - 1, status: 'processing' },
    ]);
    console.log('stale fencing token: tried 1, applied 0');
  });

  it('ends as failed, with what to do, when its message dies', async () => {
    const service = await app.service();
    app.clickhouse.decide(() => 'refuse');
    const id = await app.exported(auditor, changesOf(service));
    const worker = await app.worker().miniflare.getWorker('steward');
    await worker.queue('exports-dlq', [
      { id: `dead-${id}`, timestamp: new Date(), attempts: 11, body: { v: 1, kind: 'export.run', exportId: id } },
    ]);
    const view = await app.finished(auditor, id);
    expect(view.failureReason).toMatch(
      /^Every try broke off, the last one because .*: retry the export to go on from there\.$/,
    );
    const { rows } = await app.db.query('SELECT queue, body FROM dead_letters WHERE id = $1', [`dead-${id}`]);
    expect(rows).toEqual([{ queue: 'exports', body: { v: 1, kind: 'export.run', exportId: id } }]);
  });
});
