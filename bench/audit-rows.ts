import type { Site } from './site.ts';

const DAYS = 30;
/** The engine refuses no size, but one insert must end within the client's patience. */
const ROWS_AN_INSERT = 500_000;

const text = (sql: string) => `'${sql.replaceAll("'", "\\'")}'`;

/** JSON as jsonb prints it, with {} where numbers go. */
const CONFIG = `{"auditLevel": "STANDARD", "jwtValidation": true, "maintenanceMode": false, "rateLimitEnabled": true, "rateLimitRequests": {}, "rateLimitWindow": 60}`;
const MAINTENANCE = `{"auditLevel": "DETAILED", "maintenanceMode": true, "maintenanceMessage": "Back at noon; orders are kept, ticket {}", "rateLimitEnabled": false}`;
const FEATURE = `{"key": "checkout-v{}", "enabled": true, "rollout": 25, "segments": ["staff", "beta"]}`;

/** Sixteen digits: the engine itself leaves out leading zeros. */
const hex = (sql: string) => `leftPad(lower(hex(${sql})), 16, '0')`;

/** One of `texts` by the row's number. */
const pick = (by: string, texts: readonly string[]) => `[${texts.map(text).join(', ')}][1 + ${by} % ${texts.length}]`;
const filled = (by: string, salt: number) =>
  `replaceOne(${pick(by, [CONFIG, MAINTENANCE, FEATURE])}, '{}', toString(100 + (number * 7 + ${salt}) % 900))`;

const ROW = [
  `toUUID(concat(substring(ms, 1, 8), '-', substring(ms, 9, 4), '-7', substring(a, 1, 3), '-8', substring(a, 4, 3), '-', substring(b, 1, 12))) AS id`,
  'timestamp',
  `toUUID(concat('01900000-0000-7000-8000-', leftPad(toString(1 + number % 40), 12, '0'))) AS actor_id`,
  `concat('admin', toString(1 + number % 40), '@example.com') AS actor_email`,
  `${pick('number', ['service.config.update', 'service.config.update', 'service.feature.update'])} AS action`,
  `${pick('number', ['service_config', 'service_config', 'service_feature'])} AS resource`,
  'toString(service) AS resource_id',
  `${filled('number', 1)} AS before_state`,
  `${filled('number', 2)} AS after_state`,
  `if(number % 4 = 0, concat('ticket ', toString(number % 5000)), '') AS reason`,
  `toIPv6(concat('203.0.', toString(number % 250), '.0')) AS ip_address`,
  `${pick('number', ['operator', 'owner'])} AS actor_role`,
  'service AS service_id',
  `'success' AS outcome`,
  `concat(substring(a, 1, 8), '-', substring(a, 9, 4), '-4', substring(b, 1, 3), '-8', substring(b, 4, 3), '-', substring(a, 1, 12)) AS request_id`,
  'concat(a, b) AS trace_id',
  `concat('session-', toString(number % 500)) AS session_id`,
  'timestamp + INTERVAL 40 MILLISECOND AS accepted_at',
];

/** Writes `rows` audit records of one service, spread over the last 30 days, straight into ClickHouse. */
export async function writeAuditRows({ sql }: Site, service: string, rows: number): Promise<void> {
  const stepMs = (DAYS * 86_400_000) / rows;
  const begin = Date.now() - DAYS * 86_400_000 - 3_600_000;
  for (let from = 0; from < rows; from += ROWS_AN_INSERT) {
    const count = Math.min(ROWS_AN_INSERT, rows - from);
    await sql(`INSERT INTO audit_db.admin_audit_logs (${ROW.map((column) => column.split(/ AS /).at(-1)).join(', ')})
      SELECT ${ROW.join(', ')} FROM (
        SELECT number, toUUID('${service}') AS service, ${hex('sipHash64(number)')} AS a, ${hex('sipHash64(number, 1)')} AS b,
          fromUnixTimestamp64Milli(toInt64(${begin} + number * ${stepMs})) AS timestamp,
          right(${hex('toUnixTimestamp64Milli(timestamp)')}, 12) AS ms
        FROM numbers(${from}, ${count}))`);
  }
}

/** One part a partition, as a table looks some time after its inserts: merges must not run beside the measurements. */
export async function settle({ sql }: Site): Promise<void> {
  const parts = `SELECT DISTINCT partition_id FROM system.parts WHERE active AND database = 'audit_db' AND table = 'admin_audit_logs'`;
  // One after the other: each must end within the client's patience.
  for (const id of (await sql(parts)).split('\n').filter(Boolean))
    await sql(`OPTIMIZE TABLE audit_db.admin_audit_logs PARTITION ID '${id}' FINAL`);
}
