import { randomUUID } from 'node:crypto';
import type { App } from './app.ts';
import { auditModel, expected, type Filter } from './audit-log-model.ts';
import { DAY_MS, insertRows, maybe, NO_SERVICE, pick, type Row } from './audit-rows.ts';
import type { ExportTypeName } from './declared-exports.ts';
import { clickhouseOrder, type FileRow } from './exported-file.ts';
import { type Persons, personalDataModel } from './personal-data-model.ts';
import { random } from './random.ts';
import { type SessionFilter, sessionsIn } from './session-model.ts';
import { makeSessions, storeTwice } from './session-rows.ts';

type Parameters = Record<string, string | undefined>;
type Scope = readonly string[] | null;

/** What a type's file must hold, told without its code. */
interface TypeModel {
  someFilter(): Parameters;
  /** Finds nothing. */
  none: Parameters;
  /** What the file of all rows must be asked for with, where that is not the time of `none`. */
  whole?: Parameters;
  /** @param scope the services whose rows may be read; null = all */
  rows(filter: Parameters, scope: Scope): Promise<FileRow[]>;
}

export type Models = Record<ExportTypeName, TypeModel>;

const instant = (text: string) => `${text.replace(' ', 'T')}Z`;
const bare = (address: string) => address.replace('::ffff:', '');
const service = (id: string) => (id === NO_SERVICE ? null : id);
const byKey = <T>(keyOf: (each: T) => readonly string[]) => {
  const joined = (each: T) => keyOf(each).join('\u0000');
  return (a: T, b: T) => (joined(a) < joined(b) ? -1 : 1);
};

const TEXTS = ['trace_id', 'actor_id', 'actor_email', 'actor_role', 'session_id', 'request_id'];
const cellsOf =
  (names: readonly string[]) =>
  (row: Row): FileRow => ({
    ...Object.fromEntries([...names, ...TEXTS].map((name) => [name, row[name] ?? ''])),
    id: row.id,
    timestamp: instant(row.timestamp),
    service_id: service(row.service_id),
    ip_address: bare(String(row.ip_address)),
  });

const auditCells = cellsOf(['action', 'resource', 'resource_id', 'outcome', 'before_state', 'after_state', 'reason']);
const byDay = (name: string, orderOf: (value: string) => string) =>
  byKey((row: Row) => [row.timestamp.slice(0, 10), orderOf(String(row[name])), clickhouseOrder(row.id)]);
const auditOrder = byDay('resource', (resource) => resource);

const isSecurity = ({ action, outcome }: Row) =>
  outcome === 'denied' || action === 'session.revoke' || /^(?:admin|role|grant)\./.test(String(action));

function summaryOf(rows: readonly Row[]): FileRow[] {
  const keyOf = (row: Row) => [
    row.timestamp.slice(0, 10),
    clickhouseOrder(row.service_id),
    clickhouseOrder(String(row.actor_id)),
    String(row.action),
    String(row.outcome),
  ];
  const groups = Map.groupBy(rows.toSorted(byKey(keyOf)), (row) => keyOf(row).join());
  return [...groups.values()].map((group) => {
    const byTime = group.toSorted(byKey((row) => [row.timestamp, String(row.actor_email)]));
    const [first, last] = [byTime[0] as Row, byTime.at(-1) as Row];
    return {
      day: first.timestamp.slice(0, 10),
      service_id: service(first.service_id),
      ...{ actor_id: String(first.actor_id), actor_email: String(last.actor_email), action: String(first.action) },
      ...{ outcome: String(first.outcome), records: group.length },
      ...{ first_at: instant(first.timestamp), last_at: instant(last.timestamp) },
    };
  });
}

/** Records, events, calls and sessions on days of their own, and who reads which of them. */
export async function analyticsModels(app: App, services: readonly string[]) {
  const audit = auditModel(services, 4, 20);
  const records = Array.from({ length: 240 }, () => audit.record());
  await insertRows(app, 'admin_audit_logs', records);
  const begin = audit.begin + 25 * DAY_MS;
  const sessions = makeSessions(begin, 40, services);
  await storeTwice(app, sessions);
  const range = { from: new Date(begin).toISOString(), to: new Date(begin + 60 * DAY_MS).toISOString() };
  const found = (filter: Parameters, scope: Scope) =>
    expected(records, { ...audit.whole, ...filter } as Filter, scope).sort(auditOrder);

  const ofTable = (
    all: readonly Row[],
    order: (a: Row, b: Row) => number,
    names: readonly string[],
    columnOf: Record<string, string>,
  ): TypeModel => ({
    someFilter: () => ({
      ...range,
      ...Object.fromEntries(
        Object.entries(columnOf).map(([name, column]) => [name, maybe(String(pick(all)[column]) || undefined, 0.3)]),
      ),
      serviceId: maybe(pick([...services.slice(0, 2), NO_SERVICE]), 0.4),
    }),
    none: { ...range, sessionId: randomUUID() },
    rows: async ({ from = '', to = '9', serviceId, ...filter }, scope) =>
      all
        .filter(
          (row) =>
            instant(row.timestamp) >= from &&
            instant(row.timestamp) <= to &&
            (scope === null || scope.includes(row.service_id)) &&
            (serviceId === undefined || row.service_id === serviceId) &&
            Object.entries(filter).every(
              ([name, value]) => value === undefined || String(row[columnOf[name] ?? '']) === value,
            ),
        )
        .toSorted(order)
        .map((row) => ({
          ...cellsOf(names)(row),
          ...Object.fromEntries(names.map((name) => [name, row[name] ?? ''])),
        })),
  });

  const auditType = (rows: (found: Row[]) => FileRow[]): TypeModel => ({
    // Of what it leaves out, a list each; the other models know single values only.
    someFilter: () => audit.someFilter(0.12) as unknown as Parameters,
    none: { ...audit.whole, resourceId: randomUUID() },
    rows: async (filter, scope) => rows(found(filter, scope)),
  });
  const { admin_ui_events: events, admin_api_logs: calls } = sessions.rows;
  const models: Omit<Models, 'admins' | 'services' | 'features' | 'testers' | 'operations' | 'personal_data'> = {
    audit_logs: auditType((rows) => rows.map(auditCells)),
    security_events: auditType((rows) => rows.filter(isSecurity).map(auditCells)),
    activity_summary: auditType(summaryOf),
    ui_events: ofTable(
      events,
      byDay('actor_id', clickhouseOrder),
      ['event_type', 'component_name', 'page_path', 'properties', 'span_id', 'user_agent'],
      { actorId: 'actor_id', actorEmail: 'actor_email', sessionId: 'session_id' },
    ),
    api_logs: ofTable(
      calls.map((call) => ({ duration_ms: 0, ...call })),
      byDay('service_id', clickhouseOrder),
      [
        ...['endpoint', 'method', 'status_code', 'duration_ms', 'error_code', 'span_id', 'user_agent'],
        ...['request_body', 'response_body'],
      ],
      { actorEmail: 'actor_email', sessionId: 'session_id', status: 'status_code', method: 'method' },
    ),
    sessions: {
      someFilter: () => ({
        ...range,
        actorId: maybe(pick(sessions.actors).id, 0.3),
        actorEmail: maybe(pick(sessions.actors).email.toUpperCase(), 0.3),
        serviceId: maybe(pick(services), 0.4),
        ended: maybe(pick(['true', 'false']), 0.4),
      }),
      none: { ...range, actorId: randomUUID() },
      rows: async (filter, scope) => {
        // What is read for one service alone is read with the rows about that service alone, unless ends are asked for.
        const { serviceId = NO_SERVICE, ended } = filter;
        const one = serviceId === NO_SERVICE || ended !== undefined ? scope : [serviceId];
        return sessionsIn(sessions, { ...range, ...filter } as SessionFilter, one)
          .reverse()
          .map(sessionCells);
      },
    },
  };
  return models;
}

/** Signing out and being ended are two columns of the file and one of the list: compared is what both say. */
export function sessionCells(view: ReturnType<typeof sessionsIn>[number]): FileRow {
  return {
    ...{ session_id: view.id ?? '', actor_id: view.actorId ?? '', actor_email: view.actorEmail },
    ...{ actor_role: view.actorRole, kind: view.kind ?? '', started_at: view.startedAt, last_seen_at: view.lastSeenAt },
    ...{ signed_in_at: view.signedInAt, signed_out_at: view.end === 'signed-out' ? view.endedAt : null },
    ...{
      revoked_at: view.end === 'revoked' ? view.endedAt : null,
      ip_address: view.ipAddress,
      user_agent: view.userAgent,
    },
    ...{ ui_events: view.counts.uiEvents, api_calls: view.counts.apiCalls, api_errors: view.counts.apiErrors },
    ...{ audit_records: view.counts.auditRecords, changes: view.counts.changes, denials: view.counts.denials },
  };
}

/** Rows of Postgres as its own SQL says them, sorted by text: what the lists answer. */
async function asked(app: App, query: string, values: unknown[] = []): Promise<FileRow[]> {
  const { rows } = await app.db.query(`SELECT row_to_json(t) AS row FROM (${query}) t`, values);
  const time = /^\d{4}-\d\d-\d\dT[\d:.]+[+-]\d\d:\d\d$/;
  const cell = (value: unknown) =>
    typeof value === 'string' && time.test(value) ? new Date(value).toISOString() : value;
  return rows.map(({ row }) =>
    Object.fromEntries(Object.entries(row).map(([name, value]) => [name, cell(value)])),
  ) as FileRow[];
}

/** Whatever the database holds: services, their features and testers, admins and operations, and the rows about these persons. */
export function databaseModels(app: App, services: readonly string[], persons: Persons) {
  const byIds = (names: readonly string[]) => byKey((row: FileRow) => names.map((name) => String(row[name])));
  const within = (scope: Scope, serviceId: string | undefined) => (row: FileRow, name: string) =>
    (scope === null || scope.includes(String(row[name]))) && (serviceId === undefined || row[name] === serviceId);
  const holds = (row: FileRow, names: readonly string[], search: string | undefined) =>
    search === undefined || names.some((name) => String(row[name]).toLowerCase().includes(search.toLowerCase()));
  const is = (value: unknown, wanted: string | undefined) => wanted === undefined || value === wanted;
  const serviceFilter = () => ({ serviceId: maybe(pick([...services, NO_SERVICE]), 0.6) });
  const children = (query: string): TypeModel => ({
    someFilter: serviceFilter,
    none: { serviceId: NO_SERVICE },
    rows: async ({ serviceId }, scope) =>
      (await asked(app, query))
        .filter((row) => within(scope, serviceId)(row, 'service_id'))
        .sort(byIds(['service_id', 'id'])),
  });
  const models: Pick<Models, 'admins' | 'services' | 'features' | 'testers' | 'operations' | 'personal_data'> = {
    personal_data: personalDataModel(app, persons),
    admins: {
      someFilter: () => ({
        search: maybe(pick(['Oper', 'nobody', 'AUDITOR', '@example', '%']), 0.5),
        status: maybe(pick(['active', 'locked', 'removed']), 0.4),
      }),
      none: { search: randomUUID() },
      rows: async ({ search, status }) =>
        (
          await asked(
            app,
            "SELECT a.*, (SELECT coalesce(array_agg(r.name || coalesce('@' || s.slug, '') ORDER BY r.rank, r.name, s.slug), '{}') FROM grants g JOIN roles r ON r.id = g.role_id LEFT JOIN services s ON s.id = g.service_id WHERE g.admin_id = a.id) AS roles FROM admins a",
          )
        )
          .filter((row) => holds(row, ['name', 'email'], search) && is(row.status, status))
          .sort(byIds(['id'])),
    },
    services: {
      someFilter: () => ({
        ...serviceFilter(),
        search: maybe(pick(['TEST', 'Shop', 's-', '_']), 0.4),
        archived: maybe(pick(['true', 'false', 'any']), 0.6),
      }),
      none: { search: randomUUID() },
      rows: async ({ serviceId, search, archived = 'false' }, scope) =>
        (
          await asked(
            app,
            `SELECT c.*, s.*, c.version AS config_version, c.updated_at AS config_updated_at,
          (SELECT coalesce(array_agg(domain ORDER BY domain), '{}') FROM service_domains d WHERE d.service_id = s.id) AS domains
          FROM services s JOIN service_config c ON c.service_id = s.id`,
          )
        )
          .filter((row) => within(scope, serviceId)(row, 'id') && holds(row, ['name', 'slug'], search))
          .filter((row) => archived === 'any' || (row.archived_at !== null) === (archived === 'true'))
          .sort(byIds(['id'])),
    },
    features: children(
      'SELECT f.*, s.slug AS service_slug FROM service_features f JOIN services s ON s.id = f.service_id',
    ),
    testers: children(`SELECT u.*, s.slug AS service_slug, 'user' AS kind, u.user_id AS tester_id, NULL AS email
      FROM service_tester_users u JOIN services s ON s.id = u.service_id UNION ALL
      SELECT a.id, a.service_id, NULL, NULL, NULL, NULL, a.expires_at, a.note, a.created_by, a.created_at, a.version,
      s.slug, 'admin', a.admin_id, b.email FROM service_tester_admins a JOIN services s ON s.id = a.service_id JOIN admins b ON b.id = a.admin_id`),
    operations: {
      someFilter: () => ({
        type: maybe(pick(['cache.purge', 'service.copy', 'no.such']), 0.3),
        status: maybe(pick(['pending', 'running', 'completed', 'failed']), 0.3),
        from: maybe(new Date(Date.now() - random() * 20 * DAY_MS).toISOString(), 0.3),
        to: maybe(new Date(Date.now() - random() * 20 * DAY_MS).toISOString(), 0.3),
      }),
      none: { type: randomUUID() },
      rows: async ({ type, status, from = '', to = '9' }) =>
        (
          await asked(
            app,
            'SELECT o.*, o.parameters::text AS parameters, a.email AS actor_email FROM admin_operations o JOIN admins a ON a.id = o.actor_admin_id',
          )
        )
          .filter((row) => is(row.type, type) && is(row.status, status))
          .filter((row) => String(row.created_at) >= from && String(row.created_at) <= to)
          .sort(byIds(['id'])),
    },
  };
  return models;
}
