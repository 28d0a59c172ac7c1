import type { Answer, App, Person } from './app.ts';

interface Asked {
  exportType: string;
  parameters?: Record<string, unknown> | undefined;
  fileFormat?: string;
  compression?: string;
}

export const askFor = (app: App, as: Person, body: Asked): Promise<Answer> =>
  app.call('POST', '/v1/admin/exports', { as, body });

/** Requests an export of any type, waits for its end and downloads it. @throws Error when it was not accepted or is not ready */
export async function exportOf(app: App, as: Person, asked: Asked) {
  const accepted = await askFor(app, as, asked);
  if (accepted.status !== 202) throw new Error(`${JSON.stringify(asked)}: ${accepted.text}`);
  const view = await app.finished(as, accepted.json.id);
  if (view.status !== 'ready') throw new Error(`${JSON.stringify(asked)}: ${view.failureReason}`);
  const { pathname, search } = new URL(view.downloadUrl);
  const response = await fetch(new URL(pathname + search, app.worker().url));
  const bytes = Buffer.from(await response.arrayBuffer());
  return { id: view.id as string, view, bytes, text: bytes.toString('utf8') };
}

export type FileRow = Record<string, string | number | boolean | null | string[]>;

export const rowsOfNdjson = (text: string): FileRow[] =>
  text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));

/** ClickHouse compares UUIDs as two numbers, the second half first. */
export const clickhouseOrder = (id: string) => id.replaceAll('-', '').replace(/^(.{16})(.{16})$/, '$2$1');
