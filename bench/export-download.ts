import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { withWorker } from './export-measure.ts';
import { type Exported, exportOf, type Wanted } from './export-run.ts';
import { type Figure, median } from './figure.ts';
import type { ServeOptions } from './runtime.ts';
import type { Site, Worker } from './site.ts';
import { serveSmallAlone } from './workerd.ts';

const RUNS = 5;

/** Downloads a finished export, in turn with a Worker that only sends the same objects. */
export async function downloadFigure(site: Site, where: ServeOptions, wanted: Wanted): Promise<Figure> {
  return withWorker(site, {}, async (worker, { address }) => {
    const exported = await exportOf(site, worker, wanted);
    const { bytes, chunks } = exported;
    const plain = await serveSmallAlone(
      'read-objects.ts',
      { bindings: {}, r2Buckets: { BUCKET: '' }, r2Address: address },
      where,
    );
    try {
      const link = await linkOf(site, worker, exported);
      await verify(link, exported);
      const body = join(site.dataDir, 'keys.json');
      await writeFile(body, JSON.stringify({ keys: chunks.map(({ key }) => key), bytes }));
      const read = () => fetched(plain.url, bytes, ['--data-binary', `@${body}`]);
      const [ours, theirs]: [number[], number[]] = [[], []];
      await read();
      for (let run = 0; run < RUNS; run++) {
        theirs.push(await read());
        ours.push(await fetched(link, bytes));
      }
      return {
        figure: 'download.vs_r2',
        value: bytes / 1e6 / median(ours),
        unit: 'MB/s',
        limit: bytes / 1e6 / median(theirs),
        limitIs:
          'a Worker that only reads the same objects from the same R2 in another process, one after the other, and sends them',
        runs: RUNS,
        note: `${(bytes / 1e6).toFixed(0)} MB in ${chunks.length} objects, read by curl on loopback; ours with the link checked, the admin authorised and the download recorded before the first byte; wanted: at least 0.9`,
      };
    } finally {
      await plain.stop();
    }
  });
}

async function linkOf(site: Site, worker: Worker, { id }: Exported): Promise<string> {
  const headers = { Authorization: `Bearer ${site.token}` };
  const response = await fetch(new URL(`/v1/admin/exports/${id}`, worker.url), { headers });
  const { downloadUrl } = (await response.json()) as { downloadUrl: string };
  const { pathname, search } = new URL(downloadUrl);
  return new URL(pathname + search, worker.url).href;
}

/** @throws Error unless the file is as long, and has as many lines, as it should */
async function verify(link: string, { rows, bytes }: Exported): Promise<void> {
  const response = await fetch(link);
  if (!response.ok || !response.body) throw new Error(await response.text());
  const counted = { bytes: 0, lines: 0 };
  for await (const part of response.body) {
    counted.bytes += part.length;
    for (let at = part.indexOf(10); at >= 0; at = part.indexOf(10, at + 1)) counted.lines += 1;
  }
  if (counted.bytes !== bytes || counted.lines !== rows + 1)
    throw new Error(`the download has ${counted.bytes} bytes and ${counted.lines} lines, not ${bytes} and ${rows + 1}`);
}

/** @returns seconds */
async function fetched(url: string, bytes: number, more: string[] = []): Promise<number> {
  const said = ['--write-out', '%{time_total} %{size_download}', '--output', '/dev/null'];
  const { stdout } = await promisify(execFile)('curl', ['--silent', '--show-error', '--fail', ...said, ...more, url]);
  const [seconds, size] = stdout.split(' ').map(Number);
  if (size !== bytes) throw new Error(`${size} bytes came, not ${bytes}`);
  return seconds ?? 0;
}
