import type { ClickHouse } from '../client.ts';

/** AND of what is given; null = any. Times are RFC 3339 UTC, both ends included. */
export interface HeldRecords {
  resource: string | null;
  resourceId: string | null;
  actorId: string | null;
  serviceId: string | null;
  from: string | null;
  to: string | null;
}

/** What is let go: records accepted up to `cutoff` (UTC text with microseconds) that none of `others` holds. */
export interface Release {
  records: HeldRecords;
  others: readonly HeldRecords[];
  cutoff: string;
}

// Values go into the statement, not beside it: parameters travel in the URL, which many holds would make too long.
/** A string literal of escaped bytes: whatever the text is, it cannot end the literal. */
export const textLiteral = (text: string) =>
  `'${Array.from(new TextEncoder().encode(text), (byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('')}'`;
const uuidLiteral = (id: string) => `toUUID(${textLiteral(id)})`;
const timeLiteral = (rfc3339: string) => `toDateTime64(${textLiteral(rfc3339.replace(/[TZ]/g, ' ').trim())}, 3, 'UTC')`;

const CONDITIONS: { [K in keyof HeldRecords]: (value: string) => string } = {
  resource: (value) => `resource = ${textLiteral(value)}`,
  resourceId: (value) => `resource_id = ${textLiteral(value)}`,
  actorId: (value) => `actor_id = ${uuidLiteral(value)}`,
  serviceId: (value) => `service_id = ${uuidLiteral(value)}`,
  from: (value) => `timestamp >= ${timeLiteral(value)}`,
  to: (value) => `timestamp <= ${timeLiteral(value)}`,
};

/** @throws Error when nothing is given: that would be every record */
function matches(records: HeldRecords): string {
  const parts = Object.entries(CONDITIONS).flatMap(([name, condition]) => {
    const value = records[name as keyof HeldRecords];
    return value === null ? [] : [condition(value)];
  });
  if (parts.length === 0) throw new Error('a hold without any condition');
  return `(${parts.join(' AND ')})`;
}

const releasable = ({ records, others, cutoff }: Release) =>
  [
    matches(records),
    `accepted_at <= toDateTime64(${textLiteral(cutoff)}, 6, 'UTC')`,
    ...others.map((other) => `NOT ${matches(other)}`),
  ].join(' AND ');

const TABLE = 'audit_db.admin_audit_logs';

/** Returns once every part is rewritten on every replica. Repeating it is harmless. */
async function alter(client: ClickHouse, command: string): Promise<void> {
  await client.command({
    query: `ALTER TABLE ${TABLE} ${command}`,
    clickhouse_settings: { mutations_sync: '2', max_query_size: '8388608' },
  });
}

async function count<Name extends string>(
  client: ClickHouse,
  records: HeldRecords,
  columns: Record<Name, string>,
): Promise<Record<Name, number>> {
  const selected = Object.entries(columns).map(([name, sql]) => `toFloat64(${sql}) AS ${name}`);
  const answer = await client.query({
    query: `SELECT ${selected.join(', ')} FROM ${TABLE} WHERE ${matches(records)}`,
    format: 'JSONEachRow',
    // A replica that has not seen the newest rows would count too few.
    clickhouse_settings: { select_sequential_consistency: '1', max_query_size: '8388608' },
  });
  const [row] = await answer.json<Record<Name, number>>();
  if (!row) throw new Error('ClickHouse gave no counts');
  return row;
}

/**
 * Puts the records on hold. A heavy mutation on purpose: a lightweight UPDATE marks other rows where the table has
 * projections. Seconds over 100 million rows, so never in a request.
 */
export const holdRecords = (client: ClickHouse, records: HeldRecords): Promise<void> =>
  alter(client, `UPDATE legal_hold = 1 WHERE legal_hold = 0 AND ${matches(records)}`);

export const countHeld = (client: ClickHouse, records: HeldRecords): Promise<{ matched: number; unheld: number }> =>
  count(client, records, { matched: 'count()', unheld: 'countIf(legal_hold = 0)' });

/**
 * Lets records go. The parts must be told: as long as they were held they were left out of the times by which a merge sees that
 * rows have expired.
 */
export async function releaseRecords(client: ClickHouse, release: Release): Promise<void> {
  await alter(client, `UPDATE legal_hold = 0 WHERE legal_hold = 1 AND ${releasable(release)}`);
  await alter(client, 'MATERIALIZE TTL');
}

export const countReleased = (client: ClickHouse, release: Release): Promise<{ matched: number; left: number }> =>
  count(client, release.records, { matched: 'count()', left: `countIf(legal_hold = 1 AND ${releasable(release)})` });
