import { SUMMARY } from '../clickhouse/queries/list-audit-logs.ts';
import { ACTORS, actorId, COMMON_WORDS, DAY_MS, DAYS, featureId, rareWord, serviceId } from './audit-data.ts';

/** One request, and the same asked of ClickHouse by hand. */
export interface Question {
  path: string;
  sql: string;
}

/** What questions are made of; `random` is the same sequence for the same seed. */
export interface Known {
  rows: number;
  end: number;
  random(): number;
  /** Where pages of 50 end: the cursor to the one after, and the last record on it. */
  places: readonly { cursor: string; to: string; timestamp: string; id: string }[];
  ids: readonly string[];
  sessions: readonly string[];
}

const PAGE = 50;
const AUDIT = 'audit_db.admin_audit_logs';

const text = (ms: number) => new Date(ms).toISOString().replace('T', ' ').replace('Z', '');
const at = (ms: number) => `toDateTime64('${text(ms)}', 3)`;
const iso = (ms: number) => new Date(ms).toISOString();
const url = (path: string, query: Record<string, string>) => `/v1/audit/${path}?${new URLSearchParams(query)}`;

/** One more than a page, so that the answer can say whether there is another. */
const listed = (where: string, settings = '') =>
  `SELECT ${SUMMARY} FROM ${AUDIT} WHERE ${where} ORDER BY timestamp DESC, id DESC LIMIT ${PAGE + 1} ${settings}`;
const within = (from: number, to: number) => `timestamp BETWEEN ${at(from)} AND ${at(to)}`;

const pick = <T>(of: readonly T[], random: () => number) => of[Math.floor(random() * of.length)] as T;

const beginning = ({ end }: Known) => end - DAYS * DAY_MS;
/** Time that holds a page for certain. */
const pageSpan = ({ rows }: Known) => Math.ceil((4 * PAGE * DAYS) / rows) * DAY_MS;
/** Some moment of the last two years. */
const moment = ({ end, random }: Known) => Math.floor(end - random() * 2 * 365 * DAY_MS);

const ACTIONS = ['role.update', 'session.revoke', 'admin.update', 'export.request', 'service.document.publish'];

export const QUESTIONS = {
  newest: (known) => {
    const to = Math.floor(known.end - known.random() * 3 * DAY_MS);
    return { path: url('logs', { to: iso(to) }), sql: listed(within(to - pageSpan(known), to)) };
  },
  page_50: (known) => {
    const { cursor, to, timestamp, id } = pick(known.places, known.random);
    const time = Date.parse(`${timestamp.replace(' ', 'T')}Z`);
    return {
      path: url('logs', { to, cursor }),
      sql: listed(`${within(time - pageSpan(known), time)} AND (timestamp, id) < (${at(time)}, toUUID('${id}'))`),
    };
  },
  by_actor: (known) => {
    const actor = actorId(1 + Math.floor(ACTORS * known.random() ** 3));
    const from = beginning(known);
    return {
      path: url('logs', { actorId: actor, from: iso(from), to: iso(known.end) }),
      sql: listed(`actor_id = '${actor}' AND ${within(from, known.end)}`),
    };
  },
  by_resource: (known) => {
    const resourceId = featureId(Math.floor(5000 * known.random() ** 1.5));
    const from = beginning(known);
    return {
      path: url('logs', { resource: 'service_feature', resourceId, from: iso(from), to: iso(known.end) }),
      sql: listed(`resource = 'service_feature' AND resource_id = '${resourceId}' AND ${within(from, known.end)}`),
    };
  },
  by_action: (known) => {
    const action = pick(ACTIONS, known.random);
    const to = moment(known);
    return {
      path: url('logs', { action, from: iso(to - 30 * DAY_MS), to: iso(to) }),
      sql: listed(`action = '${action}' AND ${within(to - 30 * DAY_MS, to)}`, 'SETTINGS optimize_use_projections = 0'),
    };
  },
  by_id: ({ ids, random }) => {
    const id = pick(ids, random);
    return {
      path: `/v1/audit/logs/${id}`,
      sql: `SELECT ${SUMMARY}, before_state, after_state FROM ${AUDIT}
        WHERE timestamp = UUIDv7ToDateTime(toUUID('${id}'), 'UTC') AND id = '${id}' LIMIT 1`,
    };
  },
  free_text: (known) => {
    const { random } = known;
    const common = () => pick(COMMON_WORDS, random);
    const rare = rareWord(Math.floor(50_000 * random() ** 2));
    const words = pick([rare, common(), `${common()} ${common()}`, `${common()} ${rare}`], random);
    const to = moment(known);
    return {
      path: url('logs', { q: words, to: iso(to) }),
      sql: listed(
        `hasAllTokens(words, '${words}') AND ${within(to - 30 * DAY_MS, to)}`,
        'SETTINGS use_top_k_dynamic_filtering = 0, optimize_use_projections = 0',
      ),
    };
  },
  histogram: (known) => {
    const to = moment(known);
    const service = known.random() < 0.5 ? serviceId(1 + Math.floor(40 * known.random() ** 2)) : null;
    return {
      path: url('logs/histogram', { to: iso(to), ...(service && { serviceId: service }) }),
      sql: volume(to - 30 * DAY_MS, to, service ? `service_id = '${service}'` : '1'),
    };
  },
  session_timeline: ({ sessions, random }) => {
    const session = pick(sessions, random);
    return { path: `/v1/audit/sessions/${session}/timeline`, sql: timeline(session) };
  },
} satisfies Record<string, (known: Known) => Question>;

export type QuestionName = keyof typeof QUESTIONS;

/** Whole hours from what is counted by the hour, the rest from the records. */
function volume(from: number, to: number, where: string): string {
  const HOUR_MS = 3_600_000;
  const [first, end] = [Math.ceil(from / HOUR_MS) * HOUR_MS, Math.floor(to / HOUR_MS) * HOUR_MS];
  const bucket = (time: string) => `toStartOfInterval(${time}, INTERVAL 12 HOUR) AS bucket`;
  const hours = `toStartOfHour(timestamp) >= ${at(first)} AND toStartOfHour(timestamp) < ${at(end)}`;
  return `SELECT bucket, outcome, sum(n) AS records FROM (
    SELECT ${bucket('toStartOfHour(timestamp)')}, outcome, count() AS n FROM ${AUDIT} WHERE ${hours} AND ${where} GROUP BY ALL
    UNION ALL SELECT ${bucket('toStartOfHour(timestamp)')}, outcome, count() AS n FROM ${AUDIT}
      WHERE timestamp >= ${at(from)} AND timestamp < ${at(first)} AND ${where} GROUP BY ALL
    UNION ALL SELECT ${bucket('toStartOfHour(timestamp)')}, outcome, count() AS n FROM ${AUDIT}
      WHERE timestamp >= ${at(end)} AND timestamp <= ${at(to)} AND ${where} GROUP BY ALL) GROUP BY ALL`;
}

function timeline(session: string): string {
  const source = (
    table: string,
    columns: string,
  ) => `(SELECT timestamp, id, formatRowNoNewline('JSONEachRow', ${columns}) AS row
    FROM audit_db.${table} WHERE session_id = '${session}' AND timestamp BETWEEN seen.1 AND seen.2 ORDER BY timestamp, id LIMIT ${PAGE + 1})`;
  const common = 'id, timestamp, actor_id, actor_email, actor_role, session_id, service_id, trace_id, ip_address';
  return `WITH (SELECT (min(first_seen), max(last_seen)) FROM audit_db.admin_sessions WHERE session_id = '${session}') AS seen
    SELECT * FROM (${source('admin_ui_events', `${common}, event_type, component_name, page_path, properties, user_agent, span_id`)}
    UNION ALL ${source('admin_api_logs', `${common}, endpoint, method, status_code, duration_ms, request_id, error_code, user_agent, span_id`)}
    UNION ALL ${source('admin_audit_logs', `${common}, action, resource, resource_id, outcome, reason, request_id`)})
    ORDER BY timestamp, id LIMIT ${PAGE + 1}`;
}
