import type { App, Person } from './app.ts';

/** The consents of a new service. */
export async function newPlace(app: App, owner: Person) {
  const service = await app.service();
  const path = `/v1/admin/services/${service}/consents`;
  const call = (method: string, id: string, body?: object, headers: Record<string, string> = {}) =>
    app.call(method, `${path}${id && `/${id}`}`, { as: owner, headers, ...(body ? { body } : {}) });
  return {
    service,
    path,
    call,
    create: (body: object, headers: Record<string, string> = {}) => call('POST', '', body, headers),
    draft: async (body: object = {}): Promise<string> =>
      (await call('POST', '', { code: 'terms', texts: { en: 'I agree.' }, ...body })).json.id,
    row: async (id: string) => (await app.db.query('SELECT * FROM service_consents WHERE id = $1', [id])).rows[0],
    trail: async (id: string) =>
      (await app.db.query('SELECT * FROM audit_outbox WHERE resource_id = $1 ORDER BY id', [id])).rows,
  };
}
