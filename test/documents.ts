import { createHash, randomBytes } from 'node:crypto';
import type { Answer, App, Person } from './app.ts';

export const MARKDOWN = { 'Content-Type': 'text/markdown' };
export const PDF = { 'Content-Type': 'application/pdf' };
export const TEXT = '# Terms\n\nGrüße.\n';
export const bytesOf = (text: string) => new TextEncoder().encode(text);
export const pdf = (size: number) => {
  const bytes = randomBytes(size);
  bytes.set(bytesOf('%PDF-1.7\n'));
  return bytes;
};
export const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

export type Headers = Record<string, string>;
export type Body = Uint8Array<ArrayBuffer> | ReadableStream | URLSearchParams | string | null;

/** The documents of a new service. */
export async function newPlace(app: App, owner: Person) {
  const service = await app.service();
  const path = `/v1/admin/services/${service}/documents`;
  const call = (method: string, id: string, body?: object, headers: Headers = {}) =>
    app.call(method, `${path}${id && `/${id}`}`, { as: owner, headers, ...(body ? { body } : {}) });
  const upload = async (body: Body, headers: Headers = MARKDOWN, query = 'code=terms&locale=de&title=AGB') => {
    const response = await fetch(new URL(`${path}?${query}`, app.worker().url), {
      method: 'POST',
      body,
      headers: { Authorization: `Bearer ${owner.token}`, ...headers },
      ...(body instanceof ReadableStream ? { duplex: 'half' } : {}),
    } as RequestInit);
    return { status: response.status, headers: response.headers, json: await response.json() } as Answer;
  };
  return {
    service,
    path,
    call,
    upload,
    draft: async (text = TEXT): Promise<string> => (await upload(text)).json.id,
    row: async (id: string) => (await app.db.query('SELECT * FROM service_documents WHERE id = $1', [id])).rows[0],
    rows: async () =>
      (await app.db.query('SELECT count(*)::int AS n FROM service_documents WHERE service_id = $1', [service])).rows[0]
        .n,
    trail: async (id: string) =>
      (await app.db.query('SELECT * FROM audit_outbox WHERE resource_id = $1 ORDER BY id', [id])).rows,
    objects: async () => {
      const bucket = await app.worker().miniflare.getR2Bucket('BUCKET');
      return (await bucket.list({ prefix: `documents/${service}/` })).objects.map(({ key }) => key);
    },
  };
}

export const at = (url: string) => new URL(url).pathname + new URL(url).search;

export async function fileOf(app: App, url: string, headers: Headers = {}) {
  const response = await fetch(new URL(at(url), app.worker().url), { headers });
  return { status: response.status, headers: response.headers, bytes: new Uint8Array(await response.arrayBuffer()) };
}
