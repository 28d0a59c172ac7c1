import { actorSql, hexOf, idSql, momentsOf, type Sql, serviceSql } from './audit-data.ts';

const COMMON = [
  `${idSql} AS id`,
  'at AS timestamp',
  `${actorSql.id} AS actor_id`,
  `${actorSql.email} AS actor_email`,
  `'operator' AS actor_role`,
  `${actorSql.session} AS session_id`,
  `toIPv6(concat('203.0.', toString(actor % 250), '.0')) AS ip_address`,
  `${serviceSql} AS service_id`,
  `${hexOf(20)} || ${hexOf(21)} AS trace_id`,
  `${hexOf(22)} AS span_id`,
  `'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36' AS user_agent`,
  'at + INTERVAL 40 MILLISECOND AS accepted_at',
];

const UI_EVENT = [
  ...COMMON,
  `['app.widget.click', 'browser.navigation', 'app.search', 'admin.form.submit'][1 + number % 4] AS event_type`,
  `['SaveButton', '', 'SearchBox', 'ConfigForm'][1 + number % 4] AS component_name`,
  `concat('/services/', toString(service), '/config') AS page_path`,
  `concat('{"x": ', toString(number % 1900), ', "y": ', toString(number % 1000), '}') AS properties`,
];

const API_LOG = [
  ...COMMON,
  `['/v1/admin/services/:id/config', '/v1/admin/services/:id/features', '/v1/audit/logs'][1 + number % 3] AS endpoint`,
  `['GET', 'GET', 'PATCH'][1 + intDiv(number, 3) % 3] AS method`,
  'multiIf(number % 50 = 0, 403, number % 211 = 0, 503, 200) AS status_code',
  '3 + sipHash64(number, 30) % 200 AS duration_ms',
  `${hexOf(23)} AS request_id`,
];

/** Of what the admins of `writeAuditYears` did in the same sessions: a UI event and an API call for every fourth record. */
export async function writeSessionYears(sql: Sql, rows: number, end: number): Promise<void> {
  for (const [table, row] of [
    ['admin_ui_events', UI_EVENT],
    ['admin_api_logs', API_LOG],
  ] as const) {
    const columns = row.map((column) => column.split(/ AS /).at(-1)).join(', ');
    for (const moments of momentsOf(Math.ceil(rows / 4), end))
      await sql(`INSERT INTO audit_db.${table} (${columns}) SELECT ${row.join(', ')} FROM (${moments})`);
  }
}
