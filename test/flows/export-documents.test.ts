import { createHash } from 'node:crypto';
import * as XLSX from '@e965/xlsx';
import { extractText, getDocumentProxy } from 'unpdf';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, commonApp, type Person } from '../app.ts';
import { changesOf } from '../export-files.ts';
import { volume } from '../faults/campaign.ts';
import { insertRecords } from '../records.ts';

let app: App;
let auditor: Person;
let service: string;
const REASONS = [
  'plain',
  '=1+1',
  'Ж кириллица',
  'Ελληνικά',
  'Tiếng Việt',
  '简体',
  '繁體',
  'ひらがな',
  'カタカナ',
  '한국어',
  'x'.repeat(900),
];
beforeAll(async () => {
  app = await commonApp();
  auditor = await app.person('auditor');
  service = await app.service();
  await insertRecords(app, service, {
    reasons: [...REASONS, ...Array.from({ length: 200 - REASONS.length }, (_, n) => `r${n}`)],
    days: 2,
  });
});
afterAll(() => app.stop());

const FORMATS = ['pdf', 'xlsx'];

/** What can be narrowed to the service is. */
const narrowed: Record<string, object> = { admins: {}, operations: {} };

const ask = (body: object) => app.call('POST', '/v1/admin/exports', { as: auditor, body });
async function fileOf(body: object) {
  const { json } = await ask(body);
  const view = await app.finished(auditor, json.id);
  expect(view.failureReason).toBeNull();
  const { pathname, search } = new URL(view.downloadUrl);
  const answer = await fetch(new URL(pathname + search, app.worker().url));
  const bytes = new Uint8Array(await answer.arrayBuffer());
  expect(createHash('sha256').update(bytes).digest('hex')).toBe(view.sha256);
  return { view, bytes, type: answer.headers.get('content-type') };
}

describe('export-documents', () => {
  it('writes every record into a workbook, text as text', async () => {
    const { view, bytes, type } = await fileOf({
      exportType: 'audit_logs',
      fileFormat: 'xlsx',
      parameters: changesOf(service),
    });
    expect([view.rowsDone, type]).toEqual([200, expect.stringContaining('spreadsheetml')]);
    const book = XLSX.read(bytes, { type: 'array' });
    const sheet = book.Sheets[book.SheetNames[0] as string] as XLSX.WorkSheet;
    const rows = XLSX.utils.sheet_to_json<Record<string, unknown>>(sheet);
    expect(rows.map(({ reason }) => reason)).toEqual(expect.arrayContaining(REASONS));
    expect(rows).toHaveLength(200);
    expect(Object.values(sheet).filter((cell) => (cell as { f?: string }).f !== undefined)).toEqual([]);
    const about = XLSX.utils.sheet_to_csv(book.Sheets[book.SheetNames[1] as string] as XLSX.WorkSheet);
    for (const said of [auditor.email, service, view.cutoff]) expect(about).toContain(said);
  });

  it('writes every record into a PDF with title, filter, requester and page numbers', async () => {
    const { view, bytes, type } = await fileOf({
      exportType: 'audit_logs',
      fileFormat: 'pdf',
      parameters: changesOf(service),
    });
    expect([view.rowsDone, type]).toEqual([200, 'application/pdf']);
    const { totalPages, text } = await extractText(await getDocumentProxy(bytes), { mergePages: false });
    const pages = text as string[];
    for (const said of ['Audit logs', auditor.email, view.cutoff, 'service.config.update'])
      expect(pages[0]).toContain(said);
    for (const [i, page] of pages.entries())
      expect(page).toMatch(new RegExp(`Page\\s*${i + 1}\\s*of\\s*${totalPages}`));
    expect(totalPages).toBeGreaterThan(2);
    const whole = pages.join('').replaceAll(/\s/g, '');
    const missing = REASONS.filter((reason) => !whole.includes(reason.replaceAll(/\s/g, '')));
    expect(missing).toEqual([]);
    console.log(`PDF of 200 records: ${totalPages} pages, scripts tried ${REASONS.length}, missing ${missing.length}`);
  });

  it('is made of every type, of Postgres rows too, and of none', async () => {
    const owner = await app.person('owner');
    const { json: api } = await app.call('GET', '/v1/openapi.json');
    const { schema } = api.paths['/v1/admin/exports'].post.requestBody.content['application/json'];
    const names: string[] = schema.properties.exportType.enum;
    expect(names).toHaveLength(12);
    const rows = await Promise.all(
      names.flatMap((exportType, n) =>
        // In turn; a campaign makes both of each.
        (volume > 1 ? FORMATS : FORMATS.slice(n % 2, 1 + (n % 2))).map(async (fileFormat) => {
          const { json } = await app.call('POST', '/v1/admin/exports', {
            as: owner,
            body: {
              exportType,
              fileFormat,
              parameters: { ...narrowed, personal_data: { adminId: owner.id } }[exportType] ?? { serviceId: service },
            },
          });
          const view = await app.finished(owner, json.id);
          return [exportType, fileFormat, view.status, view.rowsDone > 0];
        }),
      ),
    );
    const ready = rows.filter(([, , status]) => status === 'ready');
    expect(ready).toHaveLength(rows.length);
    expect(ready.filter(([, , , some]) => some).map(([name]) => name)).toEqual(
      expect.arrayContaining(['services', 'admins', 'audit_logs']),
    );
    console.log(`documents of every type: tried ${rows.length}, failed 0`);
  });

  it('is refused at request with the count when there are too many rows, and never cut', async () => {
    const crowded = await app.service();
    await app.analytics(`INSERT INTO audit_db.admin_audit_logs (id, timestamp, accepted_at, actor_id, action, resource, resource_id,
        service_id, outcome)
      SELECT generateUUIDv7(), now64(3) - 60, now64(6) - 60, generateUUIDv4(), 'service.config.update', 'service_config', 'x',
        '${crowded}', 'success' FROM numbers(25001)`);
    const body = { exportType: 'audit_logs', fileFormat: 'pdf', parameters: changesOf(crowded) };
    const refused = await ask(body);
    expect([refused.status, refused.json.code]).toEqual([422, 'invalid_field']);
    expect(refused.json.detail).toContain('25001');
    const estimate = await app.call('POST', '/v1/admin/exports/estimate', { as: auditor, body });
    expect(estimate.json).toMatchObject({ rows: 25_001, maxRows: 25_000, fits: false });
    const { rows } = await app.db.query(
      `SELECT count(*)::int AS n FROM admin_exports WHERE parameters->>'serviceId' = $1`,
      [crowded],
    );
    expect(rows[0].n).toBe(0);
    const gzipped = await ask({ ...body, compression: 'gzip' });
    expect(gzipped.json.errors[0].field).toContain('compression');
  });
});

describe('export-estimate', () => {
  it('counts exactly and comes near the bytes', async () => {
    for (const how of [{ fileFormat: 'csv' }, { fileFormat: 'ndjson' }, { fileFormat: 'csv', compression: 'gzip' }]) {
      const body = { exportType: 'audit_logs', parameters: changesOf(service), ...how };
      const { status, json } = await app.call('POST', '/v1/admin/exports/estimate', { as: auditor, body });
      const { view } = await fileOf(body);
      expect([status, json.rows, json.maxRows, json.fits]).toEqual([200, 200, null, true]);
      expect(json.bytes / view.bytesDone).toBeGreaterThan(0.5);
      expect(json.bytes / view.bytesDone).toBeLessThan(2);
      expect(json.seconds).toBeGreaterThan(0);
    }
    const again = { exportType: 'audit_logs', parameters: changesOf(service), fileFormat: 'csv' };
    const measured = await app.call('POST', '/v1/admin/exports/estimate', { as: auditor, body: again });
    expect(measured.json.basis).toBe('measured');
  });

  it('is for who may see the data, and writes nothing', async () => {
    const body = { exportType: 'audit_logs', parameters: { serviceId: service } };
    const estimate = (as: Person) => app.call('POST', '/v1/admin/exports/estimate', { as, body });
    expect((await estimate(await app.person('viewer'))).status).toBe(403);
    expect((await estimate(await app.person('auditor', await app.service()))).status).toBe(404);
    const before = await app.db.query('SELECT count(*)::int AS n FROM admin_exports');
    expect((await estimate(auditor)).status).toBe(200);
    expect((await app.db.query('SELECT count(*)::int AS n FROM admin_exports')).rows).toEqual(before.rows);
  });
});
