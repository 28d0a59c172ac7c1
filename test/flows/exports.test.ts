import { createHash } from 'node:crypto';
import Papa from 'papaparse';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type App, type Person, startApp } from '../app.ts';
import { changesOf, chunksOf, fileOf } from '../export-files.ts';
import { insertRecords } from '../records.ts';

let app: App;
let auditor: Person;
beforeAll(async () => {
  app = await startApp({ EXPORT_CHUNK_BYTES: '20000', EXPORT_CHUNKS_PER_RUN: '5', EXPORT_LEASE_SECONDS: '2' });
  auditor = await app.person('auditor');
});
beforeEach(() => {
  app.clickhouse.decide(() => 'none');
  app.postgres.decide(() => 'none');
});
afterAll(() => app.stop());

const parse = (csv: string) =>
  Papa.parse<Record<string, string>>(csv.trimEnd(), { header: true, dynamicTyping: false });

describe('exports.happy', () => {
  it('writes exactly the filtered records in many chunks, each hashed, in the stated order', async () => {
    const service = await app.service();
    await insertRecords(app, service, { count: 500, days: 3 });
    await insertRecords(app, await app.service(), { count: 50, days: 3 });
    const { id, view, file } = await fileOf(app, auditor, changesOf(service));
    expect(view).toMatchObject({ status: 'ready', rowsExpected: 500, rowsDone: 500 });
    const rows = parse(file?.text ?? '').data;
    const wanted = await app.analytics<{ id: string }>(
      `SELECT id FROM audit_db.admin_audit_logs WHERE service_id = '${service}' AND action = 'service.config.update' ORDER BY toDate(timestamp), resource, id`,
    );
    expect(rows.map((row) => row.id)).toEqual(wanted.map((row) => row.id));
    const chunks = await chunksOf(app, id);
    // Three runs at least: EXPORT_CHUNKS_PER_RUN above is 5.
    expect(chunks.length).toBeGreaterThan(10);
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
    const { view, file } = await fileOf(app, auditor, { serviceId: await app.service() });
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
