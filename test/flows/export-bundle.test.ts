import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Uint8ArrayReader, Uint8ArrayWriter, ZipReader } from '@zip.js/zip.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, commonApp, type Person } from '../app.ts';
import { changesOf, chunksOf } from '../export-files.ts';
import { insertRecords } from '../records.ts';

let app: App;
let auditor: Person;
let service: string;
beforeAll(async () => {
  app = await commonApp();
  auditor = await app.person('auditor');
  service = await app.service();
  await insertRecords(app, service, { count: 300, days: 2 });
});
afterAll(() => app.stop());

const bytesOf = async (link: string, headers: Record<string, string> = {}) => {
  const { pathname, search } = new URL(link);
  const answer = await fetch(new URL(pathname + search, app.worker().url), { headers });
  return { status: answer.status, headers: answer.headers, bytes: new Uint8Array(await answer.arrayBuffer()) };
};

async function exported(body: object) {
  const answer = await app.call('POST', '/v1/admin/exports', { as: auditor, body });
  const view = await app.finished(auditor, answer.json.id);
  expect(view.failureReason).toBeNull();
  return view;
}

/** What is in the archive, by another reader than the one that wrote it; it checks each CRC. */
async function unzipped(zip: Uint8Array): Promise<Map<string, Uint8Array>> {
  const reader = new ZipReader(new Uint8ArrayReader(zip), { checkSignature: true, useWebWorkers: false });
  const files = new Map<string, Uint8Array>();
  for (const entry of await reader.getEntries())
    if (!entry.directory) files.set(entry.filename, await entry.getData(new Uint8ArrayWriter()));
  await reader.close();
  return files;
}

describe('export-bundle', () => {
  it.each([
    { fileFormat: 'csv', compression: 'none' },
    { fileFormat: 'ndjson', compression: 'gzip' },
    { fileFormat: 'json', compression: 'none' },
  ])('verifies itself with sha256sum: $fileFormat, $compression', async (how) => {
    const view = await exported({
      exportType: 'audit_logs',
      parameters: changesOf(service),
      ...how,
      name: 'Quarter “Q4” / 2026',
    });
    const bundle = await bytesOf(view.bundleUrl);
    expect(bundle.headers.get('content-type')).toBe('application/zip');
    expect(bundle.headers.get('content-disposition')).toMatch(/^attachment; /);
    const files = await unzipped(bundle.bytes);
    const folder = await mkdtemp(join(tmpdir(), 'bundle-'));
    try {
      for (const [name, bytes] of files) await writeFile(join(folder, name), bytes);
      const run = promisify(execFile);
      const { stdout } = await run('sha256sum', ['-c', 'SHA256SUMS'], { cwd: folder });
      expect(stdout.trim().split('\n')).toHaveLength(3);
      expect(stdout).not.toContain('FAILED');
      const manifest = JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8'));
      const data = files.get(manifest.file.name) as Uint8Array;
      expect(Buffer.from(data).equals(Buffer.from((await bytesOf(view.downloadUrl)).bytes))).toBe(true);
      expect(manifest).toMatchObject({
        formatVersion: 1,
        exportId: view.id,
        cutoff: view.cutoff,
        filter: changesOf(service),
        scope: [service],
        file: { rows: 300, bytes: view.bytesDone, sha256: view.sha256, format: how.fileFormat },
      });
      expect(manifest.schema.map(({ name }: { name: string }) => name)).toContain('before_state');
      expect(manifest.chunks).toHaveLength((await chunksOf(app, view.id)).length);
      expect(manifest.chunks.length).toBeGreaterThan(3);
      for (const { offset, bytes, sha256 } of manifest.chunks)
        expect(
          createHash('sha256')
            .update(data.subarray(offset, offset + bytes))
            .digest('hex'),
        ).toBe(sha256);
      await writeFile(join(folder, manifest.file.name), Buffer.concat([data, Buffer.from('x')]));
      await expect(run('sha256sum', ['-c', 'SHA256SUMS'], { cwd: folder })).rejects.toThrow('did NOT match');
    } finally {
      await rm(folder, { recursive: true });
    }
    console.log(`bundle of ${how.fileFormat}, ${how.compression}: 3 files verified, 1 changed file found`);
  });

  it('is the same bytes every time, in ranges too', async () => {
    const view = await exported({ exportType: 'audit_logs', parameters: changesOf(service) });
    const { bytes, headers } = await bytesOf(view.bundleUrl);
    const etag = headers.get('etag') as string;
    let tried = 0;
    for (; tried < 20; tried++) {
      const first = Math.floor((bytes.length * ((tried * 7919) % 1000)) / 1000);
      const last = Math.min(bytes.length - 1, first + ((tried * 104_729) % 60_000));
      const part = await bytesOf(view.bundleUrl, { Range: `bytes=${first}-${last}`, 'If-Range': etag });
      expect(part.status).toBe(206);
      expect(Buffer.from(part.bytes).equals(Buffer.from(bytes.subarray(first, last + 1)))).toBe(true);
    }
    console.log(`ranges of a bundle: tried ${tried}, failed 0`);
  });

  it('may be had once, by a one-time link', async () => {
    const view = await exported({ exportType: 'audit_logs', parameters: changesOf(service) });
    const { url } = (
      await app.call('POST', `/v1/admin/exports/${view.id}/links`, {
        as: auditor,
        body: { kind: 'one-time', bundle: true },
      })
    ).json;
    expect((await unzipped((await bytesOf(url)).bytes)).size).toBe(4);
    expect((await bytesOf(url)).status).toBe(410);
  });
});
