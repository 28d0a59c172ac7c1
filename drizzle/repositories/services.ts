import { sql } from 'drizzle-orm';
import { serviceConfig, services } from '../schema/index.ts';
import { resource } from './resource.ts';

export interface ServiceItem {
  id: string;
  slug: string;
  name: string;
  description: string | null;
  createdAt: string;
  updatedAt: string;
  archivedAt: string | null;
  version: number;
}

const p = sql.placeholder;

const service = resource<ServiceItem, { serviceId: string }>({
  name: 'service',
  table: services,
  fields: ['slug', 'name', 'description'],
  changeable: ['slug', 'name', 'description'],
  key: { serviceId: services.id },
  about: 'self',
});

/** `search` is found anywhere in the name or the slug, upper or lower case; `archived`: null = both. */
export const listServices = service.list<{ search: string | null; archived: boolean | null }>({
  order: ['slug'],
  scope: sql`(access.scope IS NULL OR t.id = ANY (access.scope))`,
  filter: sql`(${p('search')}::text IS NULL OR strpos(lower(t.name), lower(${p('search')}::text)) > 0 OR strpos(t.slug, lower(${p('search')}::text)) > 0)
    AND (${p('archived')}::boolean IS NULL OR (t.archived_at IS NOT NULL) = ${p('archived')}::boolean)`,
});

export const readService = service.read();
/** With its configuration, all defaults, in the same transaction. */
export const insertService = service.insert<{ configId: string }>({
  also: sql`configured AS (INSERT INTO ${serviceConfig} (id, service_id) SELECT ${p('configId')}::uuid, made.id FROM made)`,
});
export const updateService = service.update();
/** `archived` says which of the two; an archived service that is archived again stays as it is. */
export const archiveService = service.update<{ archived: boolean }>({
  set: {
    archivedAt: sql`CASE WHEN ${p('archived')}::boolean
      THEN coalesce(cur.before->>'archivedAt', to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) END`,
  },
});
