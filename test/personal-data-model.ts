import { randomUUID } from 'node:crypto';
import type { App } from './app.ts';
import { pick } from './audit-rows.ts';
import type { FileRow } from './exported-file.ts';
import { hashedId } from './personal-data.ts';
import { random } from './random.ts';

type Row = Record<string, unknown>;

interface Held {
  table: string;
  /** Relation → SQL over the table, about $1. */
  is: Record<string, string>;
  /** Shown of each row, and by which relations more of it. */
  shows: string;
  more?: Record<string, string>;
  service?: true;
  idOf?(row: Row): string;
}

const by = (column: string) => `${column} = $1`;
const target = (type: string) => `target_type = '${type}' AND target_id = $1::text`;
const creator = { creator: by('created_by') };

const operations = (type: 'admin' | 'user', relations: Record<string, string>): Held[] => [
  {
    table: 'admin_operations',
    is: { ...relations, target: target(type) },
    shows: 'type status phase risk started_at finished_at',
    more: { requester: 'reason', target: 'reason' },
  },
  {
    table: 'admin_operation_items',
    is: {
      target:
        type === 'user'
          ? `kind = 'tester_user' AND before->>'userId' = $1::text`
          : `(kind IN ('admin', 'admin_epoch') AND target_id = $1::text) OR (kind = 'tester_admin' AND before->>'adminId' = $1::text)`,
    },
    shows: 'operation_id kind outcome error before after undo_outcome undo_error undone_at',
    idOf: ({ operation_id, seq }) => `${operation_id}/${seq}`,
  },
];

const OF_ADMIN: Held[] = [
  { table: 'admins', is: { self: by('id') }, shows: 'subject email name status sessions_not_before updated_at' },
  { table: 'grants', is: { holder: by('admin_id'), ...creator }, shows: 'role', service: true },
  {
    table: 'admin_sessions',
    is: { self: by('admin_id') },
    shows: 'kind ip_address user_agent revoked_at',
    idOf: ({ id }) => hashedId(String(id)),
  },
  {
    table: 'admin_operation_approvals',
    is: { approver: by('admin_id') },
    shows: 'operation_id decision reason',
    idOf: ({ operation_id }) => String(operation_id),
  },
  {
    table: 'admin_exports',
    is: { requester: by('requested_by') },
    shows: 'export_type file_format compression name status finished_at expires_at rows_done',
  },
  {
    table: 'export_schedules',
    is: { owner: by('owner_id') },
    shows: 'name export_type file_format compression period cron time_zone enabled updated_at',
  },
  {
    table: 'operation_schedules',
    is: { owner: by('owner_id') },
    shows: 'name type reason at cron time_zone enabled updated_at',
  },
  {
    table: 'audit_holds',
    is: { ...creator, releaser: by('released_by') },
    shows: 'status released_at',
    more: { creator: 'reason', releaser: 'release_reason' },
  },
  {
    table: 'service_tester_admins',
    is: { tester: by('admin_id'), ...creator },
    shows: '',
    more: { tester: 'expires_at note' },
    service: true,
  },
  {
    table: 'notification_channels',
    is: {
      recipient: `settings->'recipients' @> (SELECT to_jsonb(ARRAY[a.email]) FROM admins a WHERE a.id = $1)`,
    },
    shows: 'type name events enabled',
  },
  {
    table: 'notification_deliveries',
    is: { recipient: by('admin_id') },
    shows: 'type status ended_at',
  },
  { table: 'service_tester_users', is: creator, shows: '', service: true },
  { table: 'service_domains', is: creator, shows: 'domain', service: true },
  { table: 'service_features', is: creator, shows: 'code name', service: true },
  { table: 'service_countries', is: creator, shows: 'code', service: true },
  { table: 'service_locales', is: creator, shows: 'tag', service: true },
  { table: 'service_consents', is: creator, shows: 'code revision status published_at', service: true },
  { table: 'service_documents', is: creator, shows: 'code locale revision title status published_at', service: true },
  ...operations('admin', {
    requester: by('actor_admin_id'),
    starter: by('started_by'),
    'break-glass': by('break_glass_by'),
    reviewer: by('reviewed_by'),
  }),
];

const OF_USER: Held[] = [
  {
    table: 'service_tester_users',
    is: { tester: by('user_id') },
    shows: 'user_id bypass_domain bypass_ip bypass_rate_limit expires_at note',
    service: true,
  },
  ...operations('user', {}),
];

const instant = (value: unknown) =>
  typeof value === 'string' && /^\d{4}-\d\d-\d\dT[\d:.]+[+-]\d\d:\d\d$/.test(value)
    ? new Date(value).toISOString()
    : value;

/** As Postgres writes it. */
const written = async (app: App, value: Row): Promise<string> =>
  (await app.db.query('SELECT $1::jsonb::text AS text', [JSON.stringify(value)])).rows[0].text;

async function rowsOf(app: App, { table, is, shows, more = {}, service, idOf }: Held, who: string): Promise<FileRow[]> {
  const slug = service ? '(SELECT slug FROM services s WHERE s.id = service_id)' : 'NULL';
  const role = table === 'grants' ? '(SELECT name FROM roles r WHERE r.id = role_id)' : 'NULL';
  const { rows } = await app.db.query(
    `SELECT row_to_json(t) AS row, ${slug} AS slug, ${role} AS role, ARRAY[${Object.values(is)
      .map((when) => `coalesce(${when}, false)`)
      .join(', ')}] AS found
     FROM ${table} t WHERE ${Object.values(is)
       .map((when) => `(${when})`)
       .join(' OR ')}`,
    [who],
  );
  return Promise.all(
    rows.map(async ({ row, slug, role, found }: { row: Row; slug: string; role: string; found: boolean[] }) => {
      const relation = Object.keys(is).filter((_, n) => found[n]);
      const columns = [shows, ...relation.map((name) => more[name] ?? '')].flatMap((names) => names.split(' '));
      const all: Row = { ...row, role };
      const data = Object.fromEntries(columns.filter(Boolean).map((name) => [name, instant(all[name])]));
      const about = service ? { service_id: row.service_id, service_slug: slug } : {};
      return {
        store: table,
        id: idOf?.(row) ?? String(row.id),
        relation,
        created_at: String(instant(row.created_at ?? row.done_at)),
        data: await written(app, { ...about, ...data }),
      };
    }),
  );
}

/** The rows of the file of one person, told without the Worker's code. */
export async function personalRows(app: App, { adminId, userId }: { adminId?: string; userId?: string }) {
  const who = adminId ?? userId ?? '';
  const all = await Promise.all((adminId ? OF_ADMIN : OF_USER).map((held) => rowsOf(app, held, who)));
  const keyOf = ({ store, id }: FileRow) => `${store}\u0000${id}`;
  return all.flat().sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

/** Ids; the first of the admins has more than a page of rows. */
export interface Persons {
  admins: readonly string[];
  users: readonly string[];
}

export const personalDataModel = (app: App, persons: Persons) => ({
  someFilter: (): Record<string, string | undefined> =>
    random() < 0.5
      ? { adminId: pick(persons.admins), userId: undefined }
      : { adminId: undefined, userId: pick(persons.users) },
  none: { userId: randomUUID() },
  whole: { adminId: persons.admins[0] ?? '' },
  rows: (filter: Record<string, string | undefined>) => personalRows(app, filter),
});
