/** What somebody who has a user's password might try, and who may. For tests of the users' rights. */
import { disguised, objects, outside, settings } from './attempts-elsewhere.ts';
import { beyondErasures, disguisedErasures, ERASABLE, erasures, REMOVABLE } from './attempts-erasures.ts';
import { almostHolds, disguisedHolds, holds, RETAINED } from './attempts-holds.ts';

export type Who = 'reader' | 'writer' | 'keeper';

export type Attempt = {
  sql: string;
  /** Settings and parameters given with the request. */
  url?: Record<string, string>;
  allowed: Who[];
  /** Whether the GRANTs alone refuse it, or what the front adds to them. */
  refusedBy: 'grants' | 'front';
};

export type Table = { name: string; columns: string[] };

const AUDIT_LOGS = 'audit_db.admin_audit_logs';
const WRITABLE = [AUDIT_LOGS, 'audit_db.admin_ui_events', 'audit_db.admin_api_logs'];

/** Everything tried on these tables. `file` holds something no user may see. */
export function attempts(tables: Table[], file: string): Attempt[] {
  const nobody = (sqls: string[], refusedBy: Attempt['refusedBy']): Attempt[] =>
    sqls.map((sql) => ({ sql, allowed: [], refusedBy }));
  return [
    ...tables.flatMap((table) => [
      ...readsOf(table),
      ...writesOf(table),
      ...nobody(changesOf(table), 'grants'),
      ...nobody(likeErasures(table), 'front'),
    ]),
    ...[...holds(), ...erasures()].map((one) => ({
      ...one,
      allowed: ['keeper' as const],
      refusedBy: 'grants' as const,
    })),
    ...nobody([...almostHolds(), ...beyondErasures(), ...objects()], 'grants'),
    ...nobody(
      tables.flatMap(({ name }) => UNGRANTED_COMMANDS.map((command) => `ALTER TABLE ${name} ${command}`)),
      'front',
    ),
    ...nobody([...disguisedHolds(file), ...disguisedErasures(file), ...outside(file), ...disguised(file)], 'front'),
    ...settings(file).map((url) => ({ sql: 'SELECT 1', url, allowed: [], refusedBy: 'front' as const })),
  ];
}

function readsOf({ name, columns }: Table): Attempt[] {
  const allowed: Who[] = name === AUDIT_LOGS ? ['reader', 'keeper'] : ['reader'];
  const sqls = [
    `SELECT count() FROM ${name}`,
    `SELECT ${columns.map((column) => `\`${column}\``).join(', ')} FROM ${name} LIMIT 1`,
    `WITH (SELECT count() FROM ${name}) AS n SELECT n`,
    `-- read\n(SELECT 1 WHERE 1 IN (SELECT 1 FROM ${name}))`,
  ];
  return sqls.map((sql) => ({ sql, allowed, refusedBy: 'grants' }));
}

function writesOf({ name, columns }: Table): Attempt[] {
  const allowed: Who[] = WRITABLE.includes(name) ? ['writer'] : [];
  const insert = columns.includes('timestamp')
    ? `INSERT INTO ${name} (timestamp) VALUES ('2026-01-01 00:00:00')`
    : `INSERT INTO ${name} (${columns[0]}) VALUES (DEFAULT)`;
  const copies = [
    `INSERT INTO ${name} SELECT * FROM ${name}`,
    `INSERT INTO ${name} (${columns[0]}) SELECT id FROM ${AUDIT_LOGS}`,
    `WITH x AS (SELECT * FROM ${name}) INSERT INTO ${name} SELECT * FROM x`,
  ];
  return [
    { sql: insert, allowed, refusedBy: 'grants' },
    ...copies.map((sql) => ({ sql, allowed: [], refusedBy: 'grants' as const })),
  ];
}

function changesOf({ name, columns }: Table): string[] {
  // Of the audit log every column but the one that may change; two of any other table stand for the rest.
  const fixed = name === AUDIT_LOGS ? columns.filter((column) => column !== 'legal_hold') : columns.slice(0, 2);
  const perColumn = fixed.flatMap((column) => {
    const commands = isErasable(name, column) ? COLUMN_COMMANDS : [...UPDATES, ...COLUMN_COMMANDS];
    return commands.map((command) => command.replaceAll('%', column));
  });
  const expire = name === AUDIT_LOGS || RETAINED.includes(name) ? [] : ['MATERIALIZE TTL'];
  const removals = REMOVABLE.includes(name) ? [] : REMOVALS;
  return [
    ...[...perColumn, ...TABLE_COMMANDS, ...removals, ...expire].map((command) => `ALTER TABLE ${name} ${command}`),
    ...TABLE_STATEMENTS.map((statement) => statement.replaceAll('%', name)),
    ...(REMOVABLE.includes(name) ? [] : [`DELETE FROM ${name} WHERE 1`]),
  ];
}

const isErasable = (table: string, column: string) => table === AUDIT_LOGS && ERASABLE.includes(column);

/** What the GRANTs for erasures let the keeper do besides: which rows, only the front knows. */
function likeErasures({ name, columns }: Table): string[] {
  const updates = columns
    .filter((column) => isErasable(name, column))
    .flatMap((column) => UPDATES.map((command) => command.replaceAll('%', column)));
  const removals = REMOVABLE.includes(name) ? REMOVALS : [];
  return [
    ...[...updates, ...removals].map((command) => `ALTER TABLE ${name} ${command}`),
    ...(REMOVABLE.includes(name) ? [`DELETE FROM ${name} WHERE 1`] : []),
  ];
}

const UPDATES = ['UPDATE % = % WHERE 1', 'UPDATE legal_hold = 1, % = % WHERE 1'];
const REMOVALS = [
  ...['DELETE WHERE 1', 'DELETE IN PARTITION tuple() WHERE 1', 'APPLY DELETED MASK', 'DROP PARTITION tuple()'],
  ...["DROP PARTITION ID 'all'", "DROP PART 'all_1_1_0'", 'DETACH PARTITION tuple()', "DETACH PART 'all_1_1_0'"],
];

const COLUMN_COMMANDS = [
  ...['DROP COLUMN %', 'CLEAR COLUMN %'],
  ...['RENAME COLUMN % TO renamed', 'MODIFY COLUMN % String', "COMMENT COLUMN % 'x'", 'MATERIALIZE COLUMN %'],
];

const TABLE_COMMANDS = [
  ...[
    'ADD COLUMN x UInt8',
    'DROP COLUMN legal_hold',
    'MODIFY ORDER BY (id)',
    'MODIFY SAMPLE BY id',
    'REMOVE SAMPLE BY',
  ],
  ...['MODIFY TTL timestamp + INTERVAL 1 DAY', 'REMOVE TTL', "MODIFY COMMENT 'x'", 'MODIFY SQL SECURITY NONE'],
  ...['MODIFY SETTING ttl_only_drop_parts = 1', 'RESET SETTING ttl_only_drop_parts'],
  ...['ADD INDEX x id TYPE minmax', 'DROP INDEX by_time', 'CLEAR INDEX by_time', 'MATERIALIZE INDEX by_time'],
  ...['ADD PROJECTION x (SELECT id ORDER BY id)', 'DROP PROJECTION x', 'CLEAR PROJECTION x'],
  ...['MATERIALIZE PROJECTION x', 'ADD CONSTRAINT x CHECK 1', 'DROP CONSTRAINT x'],
  ...['ADD STATISTICS id TYPE minmax', 'MODIFY STATISTICS id TYPE minmax', 'DROP STATISTICS id'],
  ...['CLEAR STATISTICS id', 'MATERIALIZE STATISTICS id', 'REWRITE PARTS'],
  ...['FREEZE', 'FREEZE PARTITION tuple()', "UNFREEZE WITH NAME 'x'"],
  ...["FETCH PARTITION tuple() FROM '/x'", "MOVE PARTITION tuple() TO DISK 'default'"],
  ...[`ATTACH PARTITION tuple() FROM ${AUDIT_LOGS}`, `REPLACE PARTITION tuple() FROM ${AUDIT_LOGS}`],
  ...['MOVE PARTITION tuple() TO TABLE audit_db.schema_migrations', "MOVE PART 'all_1_1_0' TO VOLUME 'default'"],
];

// INSERT lets one attach what somebody else detached, and whoever may ALTER anything of a table may ALTER it as a view.
const UNGRANTED_COMMANDS = [
  ...["ATTACH PART 'all_1_1_0'", 'ATTACH PARTITION tuple()', 'MODIFY QUERY SELECT 1', 'MODIFY SQL SECURITY INVOKER'],
  ...['MODIFY REFRESH EVERY 1 DAY', `MODIFY QUERY SELECT id FROM ${AUDIT_LOGS}`],
];

const TABLE_STATEMENTS = [
  ...['UPDATE % SET legal_hold = 1 WHERE 1', 'UPDATE % SET id = id WHERE 1'],
  ...['TRUNCATE TABLE %', 'TRUNCATE TABLE IF EXISTS %', 'DROP TABLE %', 'DROP TABLE IF EXISTS % SYNC'],
  ...['DETACH TABLE %', 'DETACH TABLE % PERMANENTLY', 'ATTACH TABLE %', 'RENAME TABLE % TO audit_db.renamed'],
  ...['EXCHANGE TABLES % AND audit_db.schema_migrations', 'OPTIMIZE TABLE %', 'OPTIMIZE TABLE % FINAL DEDUPLICATE'],
  ...['CREATE OR REPLACE TABLE % (a Int8) ENGINE = Memory', 'REPLACE TABLE % (a Int8) ENGINE = Memory'],
  ...['CREATE TABLE audit_db.copy AS %', 'CREATE TABLE audit_db.copy ENGINE = Memory AS SELECT * FROM %'],
  ...['CREATE TABLE audit_db.copy CLONE AS %', 'CREATE VIEW audit_db.copy AS SELECT * FROM %'],
  ...['CREATE MATERIALIZED VIEW audit_db.copy ENGINE = Memory AS SELECT * FROM %'],
  ...['CREATE TEMPORARY TABLE copy AS SELECT * FROM %', 'CREATE ROW POLICY x ON % USING 0 TO ALL'],
];
