const TABLE = 'audit_db.admin_audit_logs';
const ID = '0198f000-0000-7000-8000-00000000000e';
const REST = `legal_hold = 0 AND (actor_id = '${ID}')`;
const ERASE = `ALTER TABLE ${TABLE} UPDATE reason = '' WHERE`;

/** What an erasure may rewrite of a record; the keeper's GRANT names them. */
export const ERASABLE = ['actor_email', 'ip_address', 'before_state', 'after_state', 'reason'];
/** Tables whose rows an erasure removes. */
export const REMOVABLE = ['audit_db.admin_ui_events', 'audit_db.admin_api_logs', 'audit_db.admin_sessions'];

/** What the keeper may do for an erasure; there are no rows of this actor. */
export function erasures(): Array<{ sql: string; url: Record<string, string> }> {
  const sync = 'SETTINGS mutations_sync = 2';
  const sqls = [
    ...ERASABLE.map((column) => `ALTER TABLE ${TABLE} UPDATE ${column} = ${column} WHERE ${REST} ${sync}`),
    `${ERASE} ${REST}`,
    `ALTER TABLE ${TABLE} UPDATE actor_email = if(actor_id = toUUID('${ID}'), 'x', actor_email), ip_address = toIPv6('::'),
      before_state = replaceRegexpAll(before_state, '(\\x61)', '\\\\1'), reason = trim(concat('x ', extract(reason, 'a')))
      WHERE legal_hold = 0 AND ((actor_id = toUUID('${ID}') OR id IN ('${ID}', '${ID}')) AND accepted_at <= toDateTime64('2001-01-01 00:00:00', 6, 'UTC')) ${sync}`,
    ...REMOVABLE.map((table) => `ALTER TABLE ${table} DELETE WHERE actor_id = '${ID}' ${sync}`),
    `alter table ${REMOVABLE[0]} delete where actor_id = toUUID({id:String}) settings mutations_sync = 2`,
  ];
  return sqls.map((sql) => ({ sql, url: { param_id: ID } }));
}

/** Other columns, and other commands beside: the GRANTs refuse them. */
export function beyondErasures(): string[] {
  return [
    ...['id', 'timestamp', 'actor_id', 'actor_role', 'action', 'resource', 'resource_id', 'service_id', 'outcome'].map(
      (column) => `ALTER TABLE ${TABLE} UPDATE ${column} = ${column}, reason = '' WHERE ${REST}`,
    ),
    ...['request_id', 'trace_id', 'session_id', 'accepted_at'].map(
      (column) => `ALTER TABLE ${TABLE} UPDATE reason = '', ${column} = ${column} WHERE ${REST}`,
    ),
    `ALTER TABLE ${TABLE} DELETE WHERE ${REST}`,
    `${ERASE} ${REST}, DELETE WHERE 1`,
    ...REMOVABLE.map((table) => `ALTER TABLE ${table} UPDATE actor_id = actor_id WHERE actor_id = '${ID}'`),
    `ALTER TABLE ${REMOVABLE[0]} DELETE WHERE actor_id = '${ID}', DROP COLUMN actor_email`,
    'ALTER TABLE analytics_db.service_calls DELETE WHERE 1',
    'ALTER TABLE audit_db.schema_migrations DELETE WHERE 1',
  ];
}

/** Held records, everybody's rows, and values that read something else: GRANTs know columns only, so the front refuses them. */
export function disguisedErasures(file: string): string[] {
  const conditions = [
    ...[
      '1',
      'legal_hold = 1',
      'legal_hold = 0',
      'legal_hold = 1 AND (1)',
      'legal_hold = 0 OR (1)',
      'NOT legal_hold AND (1)',
    ],
    ...['legal_hold = 0 AND (1) OR (1)', '(legal_hold = 0 AND (1))', 'legal_hold = 0 AND ()', 'legal_hold = 0 AND 1'],
    ...[
      'legal_hold = 0 AND (1) OR legal_hold = 1 AND (1)',
      'actor_id = id AND legal_hold = 0',
      'legal_hold = {flag:UInt8} AND (1)',
    ],
    ...[`legal_hold = 0 AND (id IN (SELECT id FROM ${TABLE}))`, `legal_hold = 0 AND (id IN ${TABLE})`],
    ...[`legal_hold = 0 AND (reason = file('${file}'))`, 'legal_hold = 0 AND (sleepEachRow(0.1) = 0)'],
  ];
  const values = [
    ...[
      `file('${file}')`,
      '(SELECT 1)',
      `dictGet('d', 'a', id)`,
      'currentUser()',
      "joinGet('t', 'a', id)",
      '{t:Identifier}',
    ],
    ...["''), legal_hold = (1", "'' WHERE 1, UPDATE action = ''", "'', `legal_hold` = 1"],
  ];
  return [
    ...conditions.map((condition) => `${ERASE} ${condition}`),
    ...values.map((value) => `ALTER TABLE ${TABLE} UPDATE reason = ${value} WHERE ${REST}`),
    ...[
      `ALTER TABLE ${TABLE} UPDATE legal_hold = 0, reason = '' WHERE ${REST}`,
      `${ERASE} ${REST} SETTINGS readonly = 0`,
    ],
    ...[`${ERASE} ${REST}, UPDATE reason = 'x' WHERE 1`, `${ERASE} ${REST}; DROP TABLE ${TABLE}`],
    ...[
      `ALTER TABLE ${TABLE} ON CLUSTER 'default' UPDATE reason = '' WHERE ${REST}`,
      `${ERASE} IN PARTITION tuple() ${REST}`,
    ],
    ...REMOVABLE.flatMap((table) =>
      [
        ...[
          '1',
          '',
          "actor_id != ''",
          `actor_id = '${ID}' OR 1`,
          'actor_id = actor_id',
          'actor_id = id',
          `NOT actor_id = '${ID}'`,
        ],
        ...[
          `actor_id IN ('${ID}')`,
          'actor_id = (SELECT 1)',
          `actor_id = toUUID('${ID}') OR 1`,
          `actor_id = toUUID(actor_id)`,
        ],
      ].map((condition) => `ALTER TABLE ${table} DELETE WHERE ${condition}`),
    ),
    ...REMOVABLE.flatMap((table) => [
      `ALTER TABLE ${table} DELETE IN PARTITION tuple() WHERE actor_id = '${ID}'`,
      `ALTER TABLE ${table} DELETE WHERE actor_id = '${ID}', DELETE WHERE 1`,
    ]),
  ];
}
