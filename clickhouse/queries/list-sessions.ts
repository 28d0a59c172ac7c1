import type { ClickHouse } from '../client.ts';
import type { Condition } from './condition.ts';

/** A session: all its rows of admin_sessions that may be read, together. Times are UTC text, 1970 for none. */
export interface SessionRow {
  actor_id: string;
  session_id: string;
  email: string;
  role: string;
  session_kind: string;
  started_at: string;
  seen_at: string;
  begun_at: string;
  left_at: string;
  ended_at: string;
  address: string;
  agent: string;
  ui_event_count: string;
  api_call_count: string;
  api_error_count: string;
  audit_record_count: string;
  change_count: string;
  denial_count: string;
}

const TABLE = 'audit_db.admin_sessions';
const NEVER = 'toDateTime64(0, 3)';

/** null = every service, and what is about none. */
type Services = readonly string[] | null;

/** The services whose rows may be read, and those asked for: only these count, and only from the first of these on. */
export interface SessionScope {
  readable: Services;
  asked: Services;
}

const within = (name: keyof SessionScope, scope: SessionScope) =>
  scope[name] === null ? '1' : `service_id IN {${name}:Array(UUID)}`;

const scopeParams = ({ readable, asked }: SessionScope) => ({ ...(readable && { readable }), ...(asked && { asked }) });

/** `scope.asked` narrows times and counts; what is about no service, such as the sign-in, comes from all rows. */
function columns(scope: SessionScope): string {
  const asked = within('asked', scope);
  return `actor_id, session_id, argMax(actor_email, last_seen) AS email, argMaxIf(actor_role, last_seen, actor_role != '') AS role,
    max(kind) AS session_kind, minIf(first_seen, ${asked}) AS started_at, maxIf(last_seen, ${asked}) AS seen_at,
    max(signed_in_at) AS begun_at, max(signed_out_at) AS left_at, max(revoked_at) AS ended_at,
    max(ip_address).2 AS address, max(user_agent).2 AS agent,
    sumIf(ui_events, ${asked}) AS ui_event_count, sumIf(api_calls, ${asked}) AS api_call_count,
    sumIf(api_errors, ${asked}) AS api_error_count, sumIf(audit_records, ${asked}) AS audit_record_count,
    sumIf(changes, ${asked}) AS change_count, sumIf(denials, ${asked}) AS denial_count`;
}

export interface SessionFilter extends SessionScope {
  /** Of the session's start; UTC text. */
  from: string;
  to: string;
  actorId?: string | undefined;
  actorEmail?: string | undefined;
  /** Whether an end was recorded. */
  ended?: boolean | undefined;
}

/** A session's place: by start, then whatever makes it unique. */
export interface SessionPosition {
  startedAt: string;
  actorId: string;
  sessionId: string;
}

const BEYOND = `(started_at, actor_id, session_id)
  < ({afterTime:DateTime64(3)}, {afterActor:UUID}, {afterSession:String})`;

/**
 * The sessions that began in the range, one row each. Such a session has its first row on one of the range's days: those days
 * give the candidates, and their other days are found by the key alone.
 * @param beyond a further condition on started_at, actor_id and session_id
 */
export function sessionRows(filter: SessionFilter, beyond = '1'): Condition {
  const { from, to, actorId, actorEmail, ended } = filter;
  const may = `${within('readable', filter)} AND ${actorId ? 'actor_id = {actorId:UUID}' : '1'}`;
  const mail = 'lower(actor_email) = lower({actorEmail:String})';
  const having = [
    `countIf(${within('asked', filter)}) > 0 AND started_at BETWEEN {from:DateTime64(3)} AND {to:DateTime64(3)}`,
    beyond,
    ...(actorEmail ? ['lower(email) = lower({actorEmail:String})'] : []),
    ...(ended === undefined ? [] : [`(left_at > ${NEVER} OR ended_at > ${NEVER}) = ${ended ? 1 : 0}`]),
  ];
  return {
    sql: `SELECT ${columns(filter)} FROM ${TABLE} WHERE ${may} AND session_key IN (
        SELECT session_key FROM ${TABLE} WHERE ${may} AND ${within('asked', filter)}
          AND day BETWEEN toDate({from:DateTime64(3)}) AND toDate({to:DateTime64(3)})
          AND first_seen BETWEEN {from:DateTime64(3)} AND {to:DateTime64(3)})
        ${actorEmail ? `AND session_key IN (SELECT session_key FROM ${TABLE} WHERE ${may} AND ${mail})` : ''}
      GROUP BY actor_id, session_id HAVING ${having.join(' AND ')}`,
    params: { ...scopeParams(filter), from, to, ...(actorId && { actorId }), ...(actorEmail && { actorEmail }) },
  };
}

/** One page, by start, newest first. */
export async function listSessions(
  client: ClickHouse,
  filter: SessionFilter,
  after: SessionPosition | null,
  limit: number,
): Promise<SessionRow[]> {
  const to = after && after.startedAt < filter.to ? after.startedAt : filter.to;
  const rows = sessionRows({ ...filter, to }, after ? BEYOND : '1');
  const answer = await client.query({
    query: `${rows.sql} ORDER BY started_at DESC, actor_id DESC, session_id DESC LIMIT {limit:UInt32}`,
    query_params: {
      ...rows.params,
      limit,
      ...(after && { afterTime: after.startedAt, afterActor: after.actorId, afterSession: after.sessionId }),
    },
    format: 'JSONEachRow',
  });
  return answer.json<SessionRow>();
}

const NOBODY = "toUUID('00000000-0000-0000-0000-000000000000')";

/** What is known of the session, one row an actor, first who began it; empty where nothing may be read. */
export async function findSession(client: ClickHouse, sessionId: string, services: Services): Promise<SessionRow[]> {
  const scope = { readable: services, asked: services };
  const answer = await client.query({
    query: `SELECT ${columns(scope)} FROM ${TABLE} WHERE session_id = {sessionId:String} AND ${within('readable', scope)}
      GROUP BY actor_id, session_id ORDER BY actor_id = ${NOBODY}, started_at, actor_id LIMIT 100`,
    query_params: { ...scopeParams(scope), sessionId },
    format: 'JSONEachRow',
  });
  return answer.json<SessionRow>();
}
