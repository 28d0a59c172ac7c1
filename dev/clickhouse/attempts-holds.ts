const TABLE = 'audit_db.admin_audit_logs';
const ID = '0198f000-0000-7000-8000-000000000001';
const UPDATE = `ALTER TABLE ${TABLE} UPDATE legal_hold =`;
const HOLD = `${UPDATE} 1 WHERE resource = 'service' AND id = '${ID}'`;
const EXPIRE = `ALTER TABLE ${TABLE} MATERIALIZE TTL`;

/** Tables besides it whose TTL the keeper may have applied, without reading them. */
export const RETAINED = ['audit_db.admin_ui_events', 'audit_db.admin_api_logs', 'audit_db.admin_sessions'];

/** What the keeper may do besides reading; none of it touches a row but that of `ID`, or one whose time has come. */
export function holds(): Array<{ sql: string; url: Record<string, string> }> {
  const sync = 'SETTINGS mutations_sync = 2';
  const sqls = [
    `${HOLD} ${sync}`,
    `${UPDATE} 0 WHERE id IN ('${ID}', '${ID}') AND timestamp < '2026-01-01' AND NOT (resource IN ('a', 'b')) ${sync}`,
    `${UPDATE} 1 IN PARTITION tuple() WHERE id = toUUID('${ID}')`,
    `alter table audit_db . \`admin_audit_logs\` update "legal_hold" = 1 where id = {id:UUID} /* x */ settings mutations_sync = 2`,
    `${UPDATE} {flag:UInt8} WHERE id IN {ids:Array(UUID)} AND (has({ids:Array(UUID)}, id) OR resource_id = {rid:String})`,
    `${UPDATE} 1 WHERE (id, resource) IN (('${ID}', 'a'), ('${ID}', 'b'))`,
    `${EXPIRE} ${sync}`,
    `${EXPIRE} IN PARTITION ID 'all' ${sync}, max_execution_time = 10`,
    EXPIRE,
    ...RETAINED.map((table) => `ALTER TABLE ${table} MATERIALIZE TTL ${sync}`),
    `alter table \`audit_db\`."admin_ui_events" /* x */ materialize ttl in partition id 'all' settings mutations_sync = 2`,
  ];
  const url = { param_id: ID, param_ids: `['${ID}']`, param_flag: '0', param_rid: 'none' };
  return sqls.map((sql) => ({ sql, url }));
}

/** Like those, but not quite: the GRANTs refuse them. */
export function almostHolds(): string[] {
  return [
    `${HOLD}, DELETE WHERE 1`,
    `${HOLD}, UPDATE action = '' WHERE 1`,
    `${EXPIRE}, DELETE WHERE 1`,
    `${EXPIRE}, MODIFY TTL timestamp + INTERVAL 1 DAY`,
    `ALTER TABLE ${TABLE} DELETE WHERE 1, UPDATE legal_hold = 1 WHERE 1`,
    `ALTER TABLE ${TABLE} (UPDATE legal_hold = 1 WHERE 1), (DELETE WHERE 1)`,
    `ALTER TABLE ${TABLE} UPDATE action = '', legal_hold = 1 WHERE 1`,
    `ALTER TABLE ${TABLE} UPDATE \`action\` = 'legal_hold' WHERE legal_hold = 1`,
    `ALTER TABLE ${TABLE} UPDATE /* legal_hold = 1 */ action = '' WHERE 1`,
    `ALTER TABLE ${TABLE} UPDATE Legal_Hold = 1 WHERE 1`,
    `${UPDATE} 1 WHERE id IN (SELECT id FROM audit_db.admin_api_logs)`,
    `${UPDATE} 1 WHERE (SELECT count() FROM audit_db.admin_ui_events) > 0`,
    ...RETAINED.flatMap((table) => [
      `ALTER TABLE ${table} MATERIALIZE TTL, DROP COLUMN session_id`,
      `ALTER TABLE ${table} (MATERIALIZE TTL), (MODIFY TTL now() - INTERVAL 1 DAY)`,
      `ALTER TABLE ${table} MATERIALIZE TTL, UPDATE session_id = '' WHERE 1`,
      `ALTER TABLE ${table} UPDATE legal_hold = 1 WHERE 1`,
    ]),
    'ALTER TABLE analytics_db.service_calls MATERIALIZE TTL',
    'ALTER TABLE analytics_db.service_actions MATERIALIZE TTL',
    'ALTER TABLE audit_db.schema_migrations MATERIALIZE TTL',
  ];
}

/** Conditions and values that read something else, and statements hidden behind one that is allowed. */
export function disguisedHolds(file: string): string[] {
  const values = ['2', '-1', 'NOT legal_hold', "'1'", '1 OR 1', 'if(1, 1, 1)', '(SELECT 1)', '{t:Identifier}'];
  const conditions = [
    ...[`id IN ${TABLE}`, `id IN (${TABLE})`, `id IN ((1), ${TABLE})`, `id GLOBAL NOT IN audit_db.admin_api_logs`],
    ...['in(id, audit_db.admin_api_logs)', '`in`(id, audit_db.admin_api_logs)', 'notIn(id, audit_db.admin_api_logs)'],
    ...['id IN {t:Identifier}', `id IN (SELECT id FROM ${TABLE})`, 'id = (FROM system.one SELECT id)'],
    ...["dictGet('d', 'a', id) = 1", "joinGet('audit_db.admin_api_logs', 'id', id) = id", "id IN ['a', reason]"],
    ...[`reason = file('${file}')`, `\`file\`('${file}') = reason`, `reason = \`\\x66ile\`('${file}')`],
    ...['sleepEachRow(0.1) = 0', "getSetting('readonly') = '0'", 'reason = currentUser()', 'reason = @@version', ''],
  ];
  return [
    // Since erasures may rewrite the reason and remove rows, the GRANTs let these pass.
    `${HOLD}, UPDATE reason = '' WHERE 1`,
    `ALTER TABLE ${TABLE} UPDATE reason = '', legal_hold = 1 WHERE 1`,
    `ALTER TABLE ${TABLE} UPDATE \`reason\` = 'legal_hold' WHERE legal_hold = 1`,
    `ALTER TABLE ${TABLE} UPDATE /* legal_hold = 1 */ reason = '' WHERE 1`,
    ...RETAINED.flatMap((table) => [
      `ALTER TABLE ${table} MATERIALIZE TTL, DELETE WHERE 1`,
      `ALTER TABLE ${table} DELETE WHERE 1, MATERIALIZE TTL`,
    ]),
    ...values.map((value) => `${UPDATE} ${value} WHERE 1`),
    ...conditions.map((condition) => `${UPDATE} 1 WHERE ${condition}`),
    ...[`${UPDATE} 1`, `${HOLD} SETTINGS mutations_sync = 2, readonly = 0`, `${HOLD} SETTINGS profile = 'default'`],
    ...[`${HOLD} SETTINGS mutations_sync = 2, DELETE WHERE 1`, `${EXPIRE} SETTINGS mutations_sync = (SELECT 1)`],
    ...[`${HOLD} SETTINGS validate_mutation_query = 0`, `${EXPIRE} IN PARTITION (SELECT 1)`],
    ...[`${HOLD}; DROP TABLE ${TABLE}`, `${EXPIRE}; DROP TABLE ${TABLE}`, `${EXPIRE} -- ;\n; DROP TABLE ${TABLE}`],
    ...[`/* ${HOLD} */ DROP TABLE ${TABLE}`, `/* /* */ ${HOLD} */ DROP TABLE ${TABLE}`, `${EXPIRE} // nothing`],
    ...[
      `ALTER TABLE ${TABLE} ON CLUSTER 'default' UPDATE legal_hold = 1 WHERE 1`,
      `${HOLD} INTO OUTFILE '${file}.out'`,
    ],
    ...[`ALTER TABLE {t:Identifier} MATERIALIZE TTL`, 'ALTER TABLE admin_audit_logs MATERIALIZE TTL'],
    ...RETAINED.flatMap((table) => [
      `ALTER TABLE ${table} MATERIALIZE TTL; DROP TABLE ${table}`,
      `ALTER TABLE ${table} MATERIALIZE TTL IN PARTITION (SELECT 1)`,
      `ALTER TABLE ${table} MATERIALIZE TTL SETTINGS mutations_sync = 2, readonly = 0`,
      `ALTER TABLE ${table} ON CLUSTER 'default' MATERIALIZE TTL`,
    ]),
  ];
}
