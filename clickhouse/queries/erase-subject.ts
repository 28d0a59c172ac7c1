import type { ClickHouse } from '../client.ts';
import { wordsOf } from './audit-words.ts';
import { textLiteral } from './hold-audit-logs.ts';

/** Whose rows, and what else is looked for. */
export interface ErasedSubject {
  /** Of the admin or user. */
  id: string;
  /** E-mail addresses and `sub`s, former ones too. */
  names: readonly string[];
  /** What stands in their place. */
  instead: string;
}

/** Tables whose rows are about what somebody did, and nothing else. */
export const ACTIVITY_TABLES = ['admin_ui_events', 'admin_api_logs', 'admin_sessions'] as const;
export type ActivityTable = (typeof ACTIVITY_TABLES)[number];

const TABLE = 'audit_db.admin_audit_logs';
/** A replica that has not seen the newest rows would count too few. */
const WHOLE = { select_sequential_consistency: '1', max_query_size: '8388608' } as const;

const timeLiteral = (utc: string) => `toDateTime64(${textLiteral(utc)}, 6, 'UTC')`;
const uuidLiteral = (id: string) => `toUUID(${textLiteral(id)})`;

async function one<Row>(client: ClickHouse, query: string): Promise<Row> {
  const answer = await client.query({ query, format: 'JSONEachRow', clickhouse_settings: WHOLE });
  const [row] = await answer.json<Row>();
  if (!row) throw new Error('ClickHouse gave no answer');
  return row;
}

/** Returns once every part is rewritten on every replica, and gives up before that when it takes long: ClickHouse goes on. */
const alter = (client: ClickHouse, table: string, command: string) =>
  client.command({
    query: `ALTER TABLE ${table} ${command}`,
    clickhouse_settings: { mutations_sync: '2', max_query_size: '8388608' },
  });

export const countActivity = (client: ClickHouse, table: ActivityTable, actorId: string): Promise<number> =>
  one<{ rows: number }>(
    client,
    `SELECT toFloat64(count()) AS rows FROM audit_db.${table} WHERE actor_id = ${uuidLiteral(actorId)}`,
  ).then(({ rows }) => rows);

export async function removeActivity(client: ClickHouse, table: ActivityTable, actorId: string): Promise<void> {
  await alter(client, `audit_db.${table}`, `DELETE WHERE actor_id = ${uuidLiteral(actorId)}`);
}

/** RE2; the rule of `without_names` in migration 0016. */
const namesPattern = (names: readonly string[]) =>
  `(?i)(^|[^\\pL\\pN._%+-]|\\\\[bfnrt]|\\\\u[0-9a-f]{4})(?:${names
    .map((name) => name.replace(/[[\]\\^$.|?*+(){}]/g, '\\$&'))
    .join('|')})([.-]*(?:$|[^\\pL\\pN.-]))`;

const blank = (text: string, keys: string) =>
  `replaceRegexpAll(${text}, ${textLiteral(`"(${keys})": ?"(?:[^"\\\\]|\\\\.)*"`)}, ${textLiteral('"\\1": "erased"')})`;

/** Twice: of two names with one sign between them the first pass sees only one. */
function withoutNames(text: string, { names, instead }: ErasedSubject): string {
  if (names.length === 0) return text;
  const [pattern, put] = [textLiteral(namesPattern(names)), textLiteral(`\\1${instead}\\2`)];
  const once = `replaceRegexpAll(${text}, ${pattern}, ${put})`;
  return `replaceRegexpAll(${once}, ${pattern}, ${put})`;
}

/** What was done to the person's own account; what erasures themselves wrote has nothing of the person. */
function isAbout({ id }: ErasedSubject): string {
  const own = textLiteral(id);
  const says = (state: string, key: string) =>
    `(position(${state}, ${own}) > 0 AND JSONExtractString(${state}, '${key}') = ${own})`;
  const states = ['before_state', 'after_state'].flatMap((state) => [says(state, 'adminId'), says(state, 'userId')]);
  return `(action != 'subject.erase' AND ((resource IN ('admin', 'service_tester_user', 'service_tester_admin') AND resource_id = ${own})
    OR ${states.join(' OR ')}))`;
}

const ofSignIn = ({ id }: ErasedSubject) =>
  `(actor_id = ${uuidLiteral(id)} AND action IN ('session.sign-in', 'session.sign-out'))`;

/** Column → what it is to be. The second time it is so already. */
function erased(subject: ErasedSubject): Record<string, string> {
  const [mine, about] = [`actor_id = ${uuidLiteral(subject.id)}`, isAbout(subject)];
  const state = (column: string) => {
    const rest = withoutNames(column, subject);
    return `if(${about}, ${blank(rest, 'email|name|subject|ipAddress|userAgent|note')}, if(${ofSignIn(subject)}, ${blank(
      rest,
      'ipAddress|userAgent',
    )}, ${rest}))`;
  };
  // Which operation it was done by says nothing about the person.
  const kept = "trim(concat('erased ', extract(reason, '\\\\[operation [0-9a-f-]{36}\\\\]')))";
  return {
    actor_email: `if(${mine}, ${textLiteral(subject.instead)}, actor_email)`,
    ip_address: `if(${mine}, toIPv6('::'), ip_address)`,
    before_state: state('before_state'),
    after_state: state('after_state'),
    reason: `if(${about} AND reason != '', ${kept}, ${withoutNames('reason', subject)})`,
  };
}

/** Records by the person, and these besides, accepted up to `cutoff` (UTC text with microseconds). */
export interface ErasedRecords {
  ids: readonly string[];
  cutoff: string;
}

const scope = ({ id }: ErasedSubject, ids: readonly string[]) =>
  [
    `actor_id = ${uuidLiteral(id)}`,
    ...(ids.length > 0 ? [`id IN (${ids.map((one) => textLiteral(one)).join(', ')})`] : []),
  ].join(' OR ');

const isLeft = (subject: ErasedSubject) =>
  `(${Object.entries(erased(subject))
    .map(([column, value]) => `${column} != ${value}`)
    .join(' OR ')})`;

/** Ids of records by others that say something of the person; at most `limit`. The index of words finds them. */
export async function findMentions(
  client: ClickHouse,
  subject: ErasedSubject,
  { cutoff, limit }: { cutoff: string; limit: number },
): Promise<string[]> {
  const tokens = [subject.id, ...subject.names].map((name) => wordsOf(name).join(' ')).filter(Boolean);
  const ways = [
    `resource_id = ${textLiteral(subject.id)}`,
    ...tokens.map((words) => `hasAllTokens(words, lowerUTF8(${textLiteral(words)}))`),
  ];
  // One after the other: joined by OR no index would help.
  const each = ways.map(
    (way) =>
      `SELECT id FROM ${TABLE} WHERE ${way} AND actor_id != ${uuidLiteral(subject.id)} AND accepted_at <= ${timeLiteral(cutoff)} AND ${isLeft(subject)}`,
  );
  const answer = await client.query({
    query: `SELECT DISTINCT id FROM (${each.join(' UNION ALL ')}) ORDER BY id LIMIT ${limit}`,
    format: 'JSONEachRow',
    clickhouse_settings: WHOLE,
  });
  return (await answer.json<{ id: string }>()).map(({ id }) => id);
}

/** Names that records tell of the person: those of its own, and those about its account. */
export async function namesInRecords(
  client: ClickHouse,
  { id, instead }: Omit<ErasedSubject, 'names'>,
): Promise<string[]> {
  const own = textLiteral(id);
  const told = ['before_state', 'after_state'].flatMap((state) =>
    ['email', 'subject'].map((key) => `JSONExtractString(${state}, '${key}')`),
  );
  const answer = await client.query({
    query: `SELECT DISTINCT name FROM (
        SELECT actor_email AS name FROM ${TABLE} WHERE actor_id = ${uuidLiteral(id)}
        UNION ALL SELECT arrayJoin([${told.join(', ')}]) FROM ${TABLE} WHERE resource = 'admin' AND resource_id = ${own}
          AND outcome = 'success')
      WHERE name NOT IN ('', 'erased', ${textLiteral(instead)}) LIMIT 100`,
    format: 'JSONEachRow',
    clickhouse_settings: WHOLE,
  });
  return (await answer.json<{ name: string }>()).map(({ name }) => name);
}

/** Everything but what is pseudonymised and the flag of holds. ADR 0018 has the whole query. */
const PROVED = `hex(sum(reinterpretAsUInt256(SHA256(concatWithSeparator('\\0', toString(id), toString(toUnixTimestamp64Milli(timestamp)),
  toString(actor_id), actor_role, action, resource, resource_id, toString(service_id), outcome, request_id, trace_id, session_id,
  toString(toUnixTimestamp64Micro(accepted_at)))))))`;

export interface Fingerprint {
  records: number;
  digest: string;
}

export const fingerprint = (client: ClickHouse, subject: ErasedSubject, { ids, cutoff }: ErasedRecords) =>
  one<Fingerprint>(
    client,
    `SELECT toFloat64(count()) AS records, ${PROVED} AS digest FROM ${TABLE}
      WHERE (${scope(subject, ids)}) AND accepted_at <= ${timeLiteral(cutoff)}`,
  );

/** How many records still say something: those that may be changed, and those on hold. */
export const countLeft = (client: ClickHouse, subject: ErasedSubject, { ids, cutoff }: ErasedRecords) =>
  one<{ open: number; held: number }>(
    client,
    `SELECT toFloat64(countIf(legal_hold = 0)) AS open, toFloat64(countIf(legal_hold != 0)) AS held FROM ${TABLE}
      WHERE (${scope(subject, ids)}) AND accepted_at <= ${timeLiteral(cutoff)} AND ${isLeft(subject)}`,
  );

/**
 * Takes the person out of the records. A heavy mutation, as for holds: a lightweight one marks other rows beside projections. It
 * rewrites five columns and the projections with them, of every part that has one of the records.
 */
export async function pseudonymise(
  client: ClickHouse,
  subject: ErasedSubject,
  { ids, cutoff }: ErasedRecords,
): Promise<void> {
  const sets = Object.entries(erased(subject)).map(([column, value]) => `${column} = ${value}`);
  await alter(
    client,
    TABLE,
    `UPDATE ${sets.join(', ')} WHERE legal_hold = 0 AND ((${scope(subject, ids)}) AND accepted_at <= ${timeLiteral(cutoff)})`,
  );
}
