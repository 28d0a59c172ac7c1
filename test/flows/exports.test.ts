import { createHash } from 'node:crypto';
import Papa from 'papaparse';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type App, type Person, startApp, until } from '../app.ts';
import { insertRecords } from '../records.ts';

let app: App;
let auditor: Person;
beforeAll(async () => {
  app = await startApp({ EXPORT_CHUNK_BYTES: '20000', EXPORT_LEASE_SECONDS: '2' });
  auditor = await app.person('auditor');
});
beforeEach(() => {
  app.clickhouse.decide(() => 'none');
  app.postgres.decide(() => 'none');
});
afterAll(() => app.stop());

const parse = (csv: string) =>
  Papa.parse<Record<string, string>>(csv.trimEnd(), { header: true, dynamicTyping: false });

async function fileOf(as: Person, parameters: Record<string, unknown>) {
  const id = await app.exported(as, parameters);
  const view = await app.finished(as, id);
  return { id, view, file: view.downloadUrl ? await app.download(view.downloadUrl) : undefined };
}

// Without the records that the exports of it leave in the service's own trail.
const changesOf = (serviceId: string) => ({ serviceId, action: 'service.config.update' });

const chunksOf = async (exportId: string) =>
  (await app.db.query('SELECT * FROM admin_export_chunks WHERE export_id = $1 ORDER BY seq', [exportId])).rows;

const hashesOf = (chunks: { sha256: string }[]) => chunks.map(({ sha256 }) => sha256);

describe('exports.happy', () => {
  it('writes exactly the filtered records in many chunks, each hashed, in the stated order', async () => {
    const service = await app.service();
    await insertRecords(app, service, { count: 500, days: 3 });
    await insertRecords(app, await app.service(), { count: 50, days: 3 });
    const { id, view, file } = await fileOf(auditor, changesOf(service));
    expect(view).toMatchObject({ status: 'ready', rowsExpected: 500, rowsDone: 500 });
    const rows = parse(file?.text ?? '').data;
    const wanted = await app.analytics<{ id: string }>(
      `SELECT id FROM audit_db.admin_audit_logs WHERE service_id = '${service}' AND action = 'service.config.update' ORDER BY toDate(timestamp), resource, id`,
    );
    expect(rows.map((row) => row.id)).toEqual(wanted.map((row) => row.id));
    const chunks = await chunksOf(id);
    expect(chunks.length).toBeGreaterThan(5);
    const bucket = await app.worker().miniflare.getR2Bucket('BUCKET');
    for (const chunk of chunks) {
      const bytes = Buffer.from(
        await ((await bucket.get(chunk.object_key)) as { arrayBuffer(): Promise<ArrayBuffer> }).arrayBuffer(),
      );
      expect([bytes.length, createHash('sha256').update(bytes).digest('hex')]).toEqual([
        Number(chunk.bytes),
        chunk.sha256,
      ]);
    }
    expect(file?.headers.get('content-length')).toBe(String(view.bytesDone));
  });

  it('gives the header alone when there is nothing to export', async () => {
    const { view, file } = await fileOf(auditor, { serviceId: await app.service() });
    expect(view).toMatchObject({ status: 'ready', rowsExpected: 0, rowsDone: 0 });
    expect(file?.text.split('\n')).toHaveLength(2);
  });

  it('holds what was accepted before the request, also what was still in the outbox, and nothing later', async () => {
    const service = await app.service();
    const operator = await app.person('operator');
    app.clickhouse.decide(() => 'refuse');
    for (let n = 0; n < 5; n++) await app.patch(operator, service, { rateLimitWindow: 100 + n });
    const id = await app.exported(auditor, changesOf(service));
    for (let n = 0; n < 5; n++) await app.patch(operator, service, { rateLimitWindow: 200 + n });
    app.clickhouse.decide(() => 'none');
    await app.drained();
    const view = await app.finished(auditor, id);
    const windows = parse((await app.download(view.downloadUrl)).text).data.map(
      (row) => JSON.parse(row.after_state ?? '').rateLimitWindow,
    );
    expect(windows.sort()).toEqual([100, 101, 102, 103, 104]);
    console.log('cutoff: 5 accepted before are in, 5 accepted after are not');
  });

  it('gives the first answer again for the same Idempotency-Key, and 422 for another body', async () => {
    const service = await app.service();
    const ask = (body: object) =>
      app.call('POST', '/v1/admin/exports', { as: auditor, body, headers: { 'Idempotency-Key': `k-${service}` } });
    const body = { exportType: 'audit_logs', parameters: { serviceId: service } };
    const answers = await Promise.all(Array.from({ length: 5 }, () => ask(body)));
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202, 202, 202]);
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(answers[0]?.headers.get('location')).toBe(`/v1/admin/exports/${answers[0]?.json.id}`);
    await app.finished(auditor, answers[0]?.json.id);
    expect((await ask(body)).text).toBe(answers[0]?.text);
    expect((await ask({ ...body, parameters: {} })).json.code).toBe('idempotency_key_reused');
    const { rows } = await app.db.query(
      `SELECT count(*)::int AS n FROM admin_exports WHERE parameters->>'serviceId' = $1`,
      [service],
    );
    expect(rows[0].n).toBe(1);
  });
});

describe('exports.cells', () => {
  it('makes formulas harmless and leaves numbers and every other text as it is', async () => {
    const service = await app.service();
    const dangerous = [
      '=1+1',
      '+1+cmd|x',
      '-2+3',
      '@SUM(A1)',
      '\tx',
      '\rx',
      '\nx',
      '＝1+1',
      '＋1x',
      '－1x',
      '＠x',
      'ok\n=1+1',
      'ok\r\n+x',
      'a\r@x',
      '-',
      '=',
      '\r\n=2',
    ];
    const plain = [
      '-12.5',
      '+3',
      '1e-5',
      '-1E+10',
      'a=b',
      'x-y',
      'one\ntwo',
      'say "hi"',
      'a,b',
      'ünï😀',
      '',
      "it's",
      'مرحبا',
      '9007199254740993',
      '0012',
    ];
    await insertRecords(app, service, { reasons: [...dangerous, ...plain], days: 1 });
    const { file } = await fileOf(auditor, changesOf(service));
    const byReason = parse(file?.text ?? '').data.map((row) => row.reason ?? '');
    expect(byReason).toHaveLength(dangerous.length + plain.length);
    for (const text of plain) expect(byReason).toContain(text);
    const starts = /(^|[\r\n])[=+\-@\t＝＋－＠]|^[\r\n]/;
    const risky = byReason.filter((text) => starts.test(text) && !plain.includes(text));
    expect(risky).toEqual([]);
    for (const text of dangerous) expect(byReason.map((cell) => cell.replaceAll("'", ''))).toContain(text);
    console.log(`cells: tried ${dangerous.length} formulas and ${plain.length} ordinary, failed 0`);
  });
});

describe('exports.bad-days', () => {
  it('never commits a body cut short or followed by an error, and finishes with the right file', async () => {
    const service = await app.service();
    await insertRecords(app, service, { count: 300, days: 2 });
    const clean = await fileOf(auditor, changesOf(service));
    const size = clean.file?.text.length ?? 0;
    // In the first chunk, behind some, in the last one, and with nothing at all.
    const cuts = [0, 5000, Math.round(size / 2), size - 500];
    const kinds = [
      ...cuts.flatMap((cut) => [{ breakAfter: cut }, { endAfter: cut }]),
      ...(['error', 'refuse', 'lose-reply'] as const),
    ];
    for (const fault of kinds) {
      let met = 0;
      app.clickhouse.decide(({ path, body }) => ((path + body).includes('TSVRaw') && met++ === 0 ? fault : 'none'));
      const id = await app.exported(auditor, changesOf(service));
      const view = await app.finished(auditor, id);
      expect([fault, view.status, view.rowsDone]).toEqual([fault, 'ready', 300]);
      expect((await app.download(view.downloadUrl)).text).toBe(clean.file?.text);
      // Cut in the same places, wherever a run began.
      expect(hashesOf(await chunksOf(id))).toEqual(hashesOf(await chunksOf(clean.id)));
      expect(met).toBeGreaterThan(1);
    }
    console.log(`truncated, broken and failing bodies: tried ${kinds.length}, wrong files 0`);
  });

  it('writes each chunk once for a message delivered five times at once', async () => {
    const service = await app.service();
    await insertRecords(app, service, { count: 300, days: 2 });
    const clean = await fileOf(auditor, changesOf(service));
    const worker = await app.worker().miniflare.getWorker('steward');
    for (let round = 0; round < 5; round++) {
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
      expect(await chunksOf(id)).toHaveLength((await chunksOf(clean.id)).length);
    }
    console.log('one message five times at once: tried 5 exports, wrong files 0, doubled chunks 0');
  });

  it('goes on under a new fencing token and lets the old holder write nothing', async () => {
    const service = await app.service();
    await insertRecords(app, service, { count: 300, days: 2 });
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

  it('fails, with both counts, when what was written is not what was expected', async () => {
    const service = await app.service();
    await insertRecords(app, service, { count: 10, days: 1 });
    app.clickhouse.decide(({ path, body }) => ((path + body).includes('TSVRaw') ? 'error' : 'none'));
    const id = await app.exported(auditor, changesOf(service));
    await until(async () => {
      const { rows } = await app.db.query('SELECT rows_expected FROM admin_exports WHERE id = $1', [id]);
      return rows[0].rows_expected !== null;
    }, 'the rows are counted');
    await app.db.query('UPDATE admin_exports SET rows_expected = 11 WHERE id = $1', [id]);
    app.clickhouse.decide(() => 'none');
    const view = await app.finished(auditor, id);
    expect(view).toMatchObject({ status: 'failed', downloadUrl: null });
    expect(view.failureReason).toMatch(/11 .*expected.* 10 /);
    await app.drained();
    expect((await app.auditOf(id)).map(({ action, outcome }) => `${action} ${outcome}`)).toContain(
      'export.complete failure',
    );
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
    expect(view.failureReason).toContain('request it again');
    const { rows } = await app.db.query('SELECT queue, body FROM dead_letters WHERE id = $1', [`dead-${id}`]);
    expect(rows).toEqual([{ queue: 'exports', body: { v: 1, kind: 'export.run', exportId: id } }]);
  });
});
