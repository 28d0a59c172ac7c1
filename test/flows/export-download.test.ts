import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, commonApp, type Person, startApp } from '../app.ts';
import { insertRecords } from '../records.ts';

let app: App;
let auditor: Person;
let service: string;
let exportId: string;
let url: string;
let whole: string;
beforeAll(async () => {
  app = await commonApp();
  auditor = await app.person('auditor');
  service = await app.service();
  await insertRecords(app, service, { count: 400, days: 2 });
  exportId = await app.exported(auditor, { serviceId: service, action: 'service.config.update' });
  url = (await app.finished(auditor, exportId)).downloadUrl;
  whole = (await app.download(url)).text;
});
afterAll(() => app.stop());

/** Ten at a time. */
async function inTens<Item>(items: Item[], work: (item: Item) => Promise<void>): Promise<void> {
  for (let n = 0; n < items.length; n += 10) await Promise.all(items.slice(n, n + 10).map(work));
}

const at = (link: string) => new URL(link).pathname + new URL(link).search;
const downloadsOf = async (id: string) => {
  await app.drained();
  return (await app.auditOf(id)).filter(({ action }) => action === 'export.download');
};

describe('export-download.range', () => {
  it('serves any range of the chunks as if they were one file', async () => {
    const bytes = Buffer.from(whole);
    let tried = 0;
    const one = async (n: number) => {
      const first = Math.floor((bytes.length * ((n * 7919) % 1000)) / 1000);
      const last = Math.min(bytes.length - 1, first + ((n * 104_729) % 50_000));
      const answer = await app.download(url, { Range: `bytes=${first}-${last}` });
      expect([answer.status, answer.headers.get('content-range')]).toEqual([
        206,
        `bytes ${first}-${last}/${bytes.length}`,
      ]);
      expect(answer.headers.get('content-length')).toBe(String(last - first + 1));
      expect(answer.text).toBe(bytes.subarray(first, last + 1).toString());
      tried++;
    };
    await inTens(
      Array.from({ length: 40 }, (_, n) => n),
      one,
    );
    console.log(`ranges: tried ${tried}, failed 0`);
  });

  it('honours suffixes, If-Range and the end of the file', async () => {
    const size = Buffer.byteLength(whole);
    const etag = (await app.download(url)).headers.get('etag') as string;
    expect((await app.download(url, { Range: 'bytes=-10' })).text).toBe(whole.slice(-10));
    expect((await app.download(url, { Range: 'bytes=5-', 'If-Range': etag })).status).toBe(206);
    expect((await app.download(url, { Range: 'bytes=5-', 'If-Range': '"other"' })).status).toBe(200);
    const beyond = await app.download(url, { Range: `bytes=${size}-` });
    expect([beyond.status, beyond.headers.get('content-range')]).toEqual([416, `bytes */${size}`]);
    expect((await app.download(url, { Range: 'bytes=0-1,4-5' })).status).toBe(200);
  });

  it('carries headers that keep the file private and whole', async () => {
    const { headers } = await app.download(url);
    expect(headers.get('cache-control')).toBe('private, no-store, no-transform');
    expect(headers.get('content-disposition')).toMatch(/^attachment; filename=audit_logs-[\w-]+\.csv$/);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
  });
});

// Each with a Worker of its own, so that neither waits for the other's records.
describe.concurrent('export-download.refused', () => {
  it('refuses the link with any one bit changed, and records each refusal', async () => {
    const before = (await downloadsOf(exportId)).length;
    const { pathname, search } = new URL(url);
    const accepted: string[] = [];
    let [tried, sameExport] = [0, 0];
    const flips = Array.from({ length: search.length }, (_, i) => [1, 2, 16].map((bit) => ({ i, bit }))).flat();
    await inTens(flips.slice(3), async ({ i, bit }) => {
      const changed = String.fromCharCode(search.charCodeAt(i) ^ bit);
      if (!/[\w=&.~-]/.test(changed)) return;
      const answer = await app.call('GET', pathname + search.slice(0, i) + changed + search.slice(i + 1));
      tried++;
      sameExport++;
      if (answer.status !== 403) accepted.push(`${i}^${bit}: ${answer.status} ${answer.text}`);
    });
    const nowhere = randomUUID();
    const elsewhere = pathname.replace(exportId, nowhere);
    tried++;
    if ((await app.call('GET', elsewhere + search)).status !== 403) accepted.push(elsewhere);
    const query = new URLSearchParams(search);
    const reordered = [...query]
      .reverse()
      .map(([key, value]) => `${key}=${value}`)
      .join('&');
    for (const other of [
      `?${reordered}`,
      `${search}&sig=${query.get('sig')}`,
      `${search}&x=1`,
      search.replace('sig=', 'sig=%30').slice(0, -1),
      '',
    ]) {
      tried++;
      sameExport++;
      if ((await app.call('GET', pathname + other)).status !== 403) accepted.push(other);
    }
    expect(accepted).toEqual([]);
    const after = await downloadsOf(exportId);
    expect(after.length - before).toBe(sameExport);
    expect(after.slice(before).every(({ outcome }) => outcome === 'denied')).toBe(true);
    const recordedElsewhere = (await downloadsOf(nowhere)).length;
    expect(recordedElsewhere).toBe(1);
    const recorded = sameExport + recordedElsewhere;
    console.log(`changed links: tried ${tried}, accepted ${accepted.length}, recorded ${recorded}`);
  });

  it('refuses an expired link', async () => {
    const short = await startApp({ LINK_TTL_SECONDS: '1' });
    try {
      const person = await short.person('auditor');
      const id = await short.exported(person, { serviceId: await short.service() });
      const link = (await short.finished(person, id)).downloadUrl;
      await new Promise((resolve) => setTimeout(resolve, 2100));
      const answer = await short.download(link);
      expect([answer.status, answer.json.code]).toEqual([403, 'link_invalid']);
      await short.drained();
      expect((await short.auditOf(id)).at(-1)).toMatchObject({ action: 'export.download', outcome: 'denied' });
    } finally {
      await short.stop();
    }
  });
});

describe('export-download.refused', () => {
  it('refuses to change anything, and gives HEAD the headers alone', async () => {
    const head = await app.call('HEAD', at(url));
    expect([head.status, head.text, head.headers.get('content-length')]).toEqual([200, '', String(whole.length)]);
    expect((await app.call('HEAD', at(url).slice(0, -1))).status).toBe(403);
    const post = await app.call('POST', at(url), { as: auditor, body: {} });
    expect([post.status, post.json.code]).toEqual([403, 'link_invalid']);
    expect((await app.call('DELETE', at(url), { as: auditor })).status).toBe(404);
  });
});

// Most of each is waiting for its records.
describe.concurrent('export-download.refused', () => {
  it('authorises the link’s admin anew, on the export and on the data', async () => {
    const person = await app.person('auditor', service);
    const id = await app.exported(person);
    const link = (await app.finished(person, id)).downloadUrl;
    expect((await app.download(link)).status).toBe(200);
    expect((await app.call('GET', at(link), { as: person })).status).toBe(200);
    expect((await app.call('GET', at(link), { as: auditor })).status).toBe(403);
    await app.db.query(`UPDATE grants SET role_id = (SELECT id FROM roles WHERE name = 'viewer') WHERE admin_id = $1`, [
      person.id,
    ]);
    expect((await app.download(link)).json.code).toBe('forbidden');
    await app.db.query(
      `UPDATE grants SET role_id = (SELECT id FROM roles WHERE name = 'auditor') WHERE admin_id = $1`,
      [person.id],
    );
    await app.db.query(`UPDATE admins SET status = 'locked' WHERE id = $1`, [person.id]);
    expect((await app.download(link)).json.code).toBe('forbidden');
    const outcomes = (await downloadsOf(id)).map(({ outcome }) => outcome);
    expect(outcomes).toEqual(['success', 'success', 'denied', 'denied', 'denied']);
  });

  it('hides an export from whoever may not have it, and records the attempt', async () => {
    const path = `/v1/admin/exports/${exportId}`;
    const viewer = await app.call('GET', path, { as: await app.person('viewer') });
    const stranger = await app.call('GET', path, { as: await app.person('auditor', await app.service()) });
    const absent = await app.call('GET', '/v1/admin/exports/01900000-0000-7000-8000-000000000000', { as: auditor });
    expect([viewer.status, stranger.status, absent.status]).toEqual([404, 404, 404]);
    expect(viewer.json.detail).toBe(absent.json.detail);
    expect((await app.call('GET', path, { as: await app.person('owner') })).json.downloadUrl).toContain(exportId);
    await app.drained();
    const reads = (await app.auditOf(exportId)).filter(({ action }) => action === 'export.read');
    expect(reads.map(({ outcome }) => outcome)).toEqual(['denied', 'denied']);
  });

  it('refuses the request itself without permission on the data', async () => {
    const viewer = await app.call('POST', '/v1/admin/exports', {
      as: await app.person('viewer'),
      body: { exportType: 'audit_logs' },
    });
    expect([viewer.status, viewer.json.code]).toEqual([403, 'forbidden']);
    const manager = await app.person('service-manager', service);
    expect(
      (await app.call('POST', '/v1/admin/exports', { as: manager, body: { exportType: 'audit_logs' } })).status,
    ).toBe(403);
    const foreign = await app.person('auditor', service);
    const other = await app.call('POST', '/v1/admin/exports', {
      as: foreign,
      body: { exportType: 'audit_logs', parameters: { serviceId: await app.service() } },
    });
    expect(other.status).toBe(404);
  });

  it('is gone once expired: objects deleted, recorded, 410', async () => {
    const id = await app.exported(auditor, { serviceId: service });
    const link = (await app.finished(auditor, id)).downloadUrl;
    await app.db.query(`UPDATE admin_exports SET expires_at = now() - interval '1 second' WHERE id = $1`, [id]);
    expect((await app.download(link)).status).toBe(410);
    expect((await app.call('GET', `/v1/admin/exports/${id}`, { as: auditor })).json).toMatchObject({
      status: 'expired',
      downloadUrl: null,
    });
    await app.worker().scheduled('* * * * *');
    const bucket = await app.worker().miniflare.getR2Bucket('BUCKET');
    expect((await bucket.list({ prefix: `exports/${id}/` })).objects).toEqual([]);
    expect((await app.download(link)).status).toBe(410);
    await app.drained();
    expect((await app.auditOf(id)).map(({ action }) => action)).toContain('export.expire');
  });

  it('breaks the answer off when an object is missing, instead of ending it early', async () => {
    const id = await app.exported(auditor, { serviceId: service });
    const link = (await app.finished(auditor, id)).downloadUrl;
    const { rows } = await app.db.query(
      'SELECT object_key FROM admin_export_chunks WHERE export_id = $1 ORDER BY seq DESC LIMIT 1',
      [id],
    );
    await (await app.worker().miniflare.getR2Bucket('BUCKET')).delete(rows[0].object_key);
    await expect(app.download(link)).rejects.toThrow();
  });
});
