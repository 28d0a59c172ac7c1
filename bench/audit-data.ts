/** Runs SQL as ClickHouse's administrator. */
export type Sql = (query: string) => Promise<string>;

export const DAYS = 3 * 365;
export const DAY_MS = 86_400_000;
/** The engine refuses no size, but one insert must end within the client's patience. */
const ROWS_AN_INSERT = 250_000;

export const ACTORS = 2000;
const SERVICES = 40;
const FEATURES = 5000;

/** [share of the rows, action, resource, what the resource id is made of] */
const KINDS = [
  [0.35, 'service.config.update', 'service_config', 'service'],
  [0.55, 'service.feature.update', 'service_feature', 'feature'],
  [0.6, 'service.feature.create', 'service_feature', 'feature'],
  [0.68, 'service.tester-user.create', 'service_tester_user', 'row'],
  [0.74, 'service.document.update', 'service_document', 'document'],
  [0.76, 'service.document.publish', 'service_document', 'document'],
  [0.82, 'export.request', 'export', 'row'],
  [0.88, 'export.download', 'export', 'row'],
  [0.92, 'audit.logs.read', 'audit_log', 'none'],
  [0.96, 'grant.create', 'grant', 'row'],
  [0.98, 'admin.update', 'admin', 'admin'],
  [0.995, 'session.revoke', 'session', 'row'],
  [1, 'role.update', 'role', 'role'],
] as const;

const list = (texts: readonly (string | number)[]) =>
  `[${texts.map((text) => (typeof text === 'number' ? text : `'${text}'`)).join(', ')}]`;

const id = (block: string, number: string) =>
  `concat('01900000-0000-7000-${block}-', leftPad(toString(${number}), 12, '0'))`;

/** Ids as the rows hold them; n counts from 1. */
export const actorId = (n: number) => `01900000-0000-7000-8000-${String(n).padStart(12, '0')}`;
export const serviceId = (n: number) => `01900000-0000-7000-9000-${String(n).padStart(12, '0')}`;
export const featureId = (n: number) => `01900000-0000-7000-a000-${String(n).padStart(12, '0')}`;

const BEGINNINGS = 'car pay mar sto ship led cam res acc bil che que'.split(' ');
const ENDINGS = 'ton ment ling vice ger nal port der fast sel'.split(' ');
/** 120 words that every text is made of, the first ones often. */
export const COMMON_WORDS = BEGINNINGS.flatMap((first) => ENDINGS.map((last) => first + last));
const RARE_WORDS = 50_000;
/** The n-th of 50,000 words; the later, the rarer. */
export const rareWord = (n: number) => `part${n}`;

/** Evenly spread over [0, 1), different for each salt. */
const chance = (salt: number) => `(sipHash64(number, ${salt}) / 18446744073709551616.)`;
const upTo = (count: number, salt: number, power: number) =>
  `toUInt32(floor(${count} * pow(${chance(salt)}, ${power})))`;
const word = (salt: number) => `${list(COMMON_WORDS)}[1 + ${upTo(COMMON_WORDS.length, salt, 2)}]`;
const rare = (salt: number) => `concat('part', toString(${upTo(RARE_WORDS, salt, 2)}))`;
export const hexOf = (salt: number) => `leftPad(lower(hex(sipHash64(number, ${salt}))), 16, '0')`;

const sentence = (salt: number, words: number) =>
  `concat(${Array.from({ length: words }, (_, i) => word(salt + i)).join(`, ' ', `)}, ' ', ${rare(salt + words)})`;

/** As jsonb prints a state; what changes between before and after comes from the salt. */
const stateOf = (salt: number) => `multiIf(
  resource = 'service_config', concat('{"auditLevel": "STANDARD", "ipWhitelist": ["203.0.113.', toString(feature % 250), '"], "jwtValidation": true, "maintenanceMode": ',
    if(${chance(salt)} < 0.1, 'true', 'false'), ', "maintenanceMessage": "', if(${chance(salt)} < 0.3, ${sentence(salt + 1, 6)}, ''), '", "rateLimitEnabled": true, "rateLimitRequests": ',
    toString(100 + sipHash64(number, ${salt}) % 900), ', "rateLimitWindow": 60, "version": ', toString(number % 1000), '}'),
  resource = 'service_feature', concat('{"code": "area.feature-', toString(feature), '", "name": "Feature ', toString(feature), '", "isActive": ', if(${chance(salt)} < 0.5, 'true', 'false'),
    ', "description": "', ${sentence(salt + 1, 8)}, '", "displayOrder": ', toString(sipHash64(number, ${salt}) % 50), '}'),
  resource = 'service_document', concat('{"title": "', ${sentence(salt + 1, 4)}, '", "locale": "de-DE", "status": "draft", "bytes": ', toString(sipHash64(number, ${salt}) % 1000000), '}'),
  resource IN ('admin', 'role', 'grant'), concat('{"email": "admin', toString(actor), '@example.com", "status": "active", "version": ', toString(number % 100), '}'),
  '')`;

/** A UUIDv7 of the row's time. */
export const idSql = `toUUID(concat(substring(ms, 1, 8), '-', substring(ms, 9, 4), '-7', substring(a, 1, 3), '-8', substring(a, 4, 3), '-', substring(b, 1, 12)))`;
export const actorSql = {
  id: `toUUID(${id('8000', 'actor')})`,
  email: `concat('admin', toString(actor), '@example.com')`,
  // A session a day: the same for all that an admin does in it.
  session: `lower(hex(MD5(concat(toString(actor), '/', toString(toDate(at))))))`,
};
export const serviceSql = `toUUID(${id('9000', 'service')})`;

const ROW = [
  `${idSql} AS id`,
  'at AS timestamp',
  `${actorSql.id} AS actor_id`,
  `${actorSql.email} AS actor_email`,
  `${list(KINDS.map(([, action]) => action))}[kind] AS action`,
  `${list(KINDS.map(([, , resource]) => resource))}[kind] AS resource`,
  `multiIf(about = 'service', ${id('9000', 'service')}, about = 'feature', ${id('a000', 'feature')}, about = 'document', ${id('b000', 'feature % 800')},
    about = 'admin', ${id('8000', '1 + feature % 2000')}, about = 'role', ${id('c000', 'feature % 9')}, about = 'row', concat(substring(b, 1, 8), '-0000-4000-8000-', substring(a, 1, 12)), '') AS resource_id`,
  `if(action IN ('service.feature.create', 'grant.create'), '', ${stateOf(100)}) AS before_state`,
  `if(outcome = 'denied', '', ${stateOf(200)}) AS after_state`,
  `if(${chance(6)} < 0.25, concat('OPS-', toString(number % 20000), ' ', ${sentence(300, 3)}), '') AS reason`,
  `toIPv6(concat('203.0.', toString(actor % 250), '.0')) AS ip_address`,
  `multiIf(actor <= 5, 'owner', actor <= 300, 'operator', actor <= 1700, 'service-manager', 'auditor') AS actor_role`,
  `if(kind <= 9, ${serviceSql}, toUUID('00000000-0000-0000-0000-000000000000')) AS service_id`,
  `multiIf(action = 'audit.logs.read' OR ${chance(5)} < 0.02, 'denied', ${chance(5)} > 0.99, 'failure', 'success') AS outcome`,
  `concat(substring(a, 1, 8), '-', substring(a, 9, 4), '-4', substring(b, 1, 3), '-8', substring(b, 4, 3), '-', substring(a, 1, 12)) AS request_id`,
  'concat(b, a) AS trace_id',
  `${actorSql.session} AS session_id`,
  'at + INTERVAL 40 MILLISECOND AS accepted_at',
];

/** Monotone: four fifths of a day's rows between 8 and 18 o'clock. */
const OFFICE_HOURS = 'multiIf(part < 0.1, part * 80, part < 0.9, 8 + (part - 0.1) * 12.5, 18 + (part - 0.9) * 60) / 24';

/** Inner SELECTs that give so many rows their time, evenly over the three years before `end` (milliseconds), and who did it. */
export function* momentsOf(rows: number, end: number): Generator<string> {
  const begin = end - DAYS * DAY_MS;
  for (let from = 0; from < rows; from += ROWS_AN_INSERT)
    yield `SELECT number, number * ${DAYS} / ${rows} AS days, days - floor(days) AS part,
      fromUnixTimestamp64Milli(toInt64(${begin} + (floor(days) + ${OFFICE_HOURS}) * ${DAY_MS})) AS at,
      right(leftPad(lower(hex(toUnixTimestamp64Milli(at))), 16, '0'), 12) AS ms, ${hexOf(10)} AS a, ${hexOf(11)} AS b,
      1 + ${upTo(ACTORS, 1, 3)} AS actor, 1 + ${upTo(SERVICES, 2, 2)} AS service, ${upTo(FEATURES, 3, 1.5)} AS feature
    FROM numbers(${from}, ${Math.min(ROWS_AN_INSERT, rows - from)})`;
}

/**
 * Writes `rows` audit records over the three years before `end` (milliseconds): 2,000 admins of whom few do most, 40 services,
 * states of a few hundred bytes. The same rows for the same numbers.
 */
export async function writeAuditYears(sql: Sql, rows: number, end: number): Promise<void> {
  const columns = ROW.map((column) => column.split(/ AS /).at(-1)).join(', ');
  const kind = `toUInt8(arrayFirstIndex(share -> ${chance(4)} < share, ${list(KINDS.map(([share]) => share))}))`;
  for (const moments of momentsOf(rows, end))
    await sql(`INSERT INTO audit_db.admin_audit_logs (${columns}) SELECT ${ROW.join(', ')} FROM (
      SELECT *, ${kind} AS kind, ${list(KINDS.map(([, , , about]) => about))}[kind] AS about FROM (${moments}))`);
}
