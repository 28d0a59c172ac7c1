const TABLE = 'audit_db.admin_audit_logs';

/** Objects that are not tables, rights, the server: the GRANTs refuse them. */
export function objects(): string[] {
  return [
    ...['CREATE DATABASE x', 'DROP DATABASE audit_db', 'DETACH DATABASE audit_db', 'RENAME DATABASE audit_db TO x'],
    ...['TRUNCATE DATABASE audit_db', 'CREATE TABLE x (a Int8) ENGINE = Memory', 'CREATE TEMPORARY TABLE x (a Int8)'],
    ...['CREATE VIEW audit_db.x AS SELECT 1', 'CREATE FUNCTION x AS (a) -> a', 'DROP FUNCTION x'],
    ...['CREATE DICTIONARY audit_db.x (a UInt64) PRIMARY KEY a SOURCE(NULL()) LAYOUT(FLAT()) LIFETIME(1)'],
    ...['CREATE NAMED COLLECTION x AS a = 1', 'DROP NAMED COLLECTION x', 'CREATE WORKLOAD x', 'DROP WORKLOAD x'],
    ...[
      'CREATE USER x',
      'ALTER USER default SETTINGS readonly = 0',
      'DROP USER default',
      'CREATE ROLE x',
      'DROP ROLE read',
    ],
    ...['ALTER ROLE keep SETTINGS readonly = 0', 'CREATE QUOTA x', 'CREATE SETTINGS PROFILE x', 'DROP QUOTA x'],
    ...[`GRANT ALL ON *.* TO default`, 'GRANT everything TO default'],
    ...['SYSTEM SHUTDOWN', 'SYSTEM FLUSH LOGS', 'SYSTEM DROP MARK CACHE', 'SYSTEM RELOAD USERS'],
    ...[`SYSTEM STOP TTL MERGES ${TABLE}`, `SYSTEM STOP MERGES ${TABLE}`, `SYSTEM START MERGES ${TABLE}`],
    ...["SYSTEM UNFREEZE WITH NAME 'x'", `BACKUP TABLE ${TABLE} TO Null`, `CHECK TABLE ${TABLE}`],
  ];
}

/** Files, other machines and other people's data, by every way in. */
export function outside(file: string): string[] {
  const sources = [
    ...[
      `file('${file}')`,
      `url('http://127.0.0.1:1/', 'CSV', 'a String')`,
      `s3('http://127.0.0.1:1/x', 'CSV', 'a String')`,
    ],
    ...["gcs('http://127.0.0.1:1/x', 'CSV', 'a String')", "remote('127.0.0.1:1', system.one)", "sqlite('/x', 'y')"],
    ...[
      "remoteSecure('127.0.0.1:1', system.one)",
      "mysql('127.0.0.1:1', 'a', 'b', 'c', 'd')",
      "cluster('default', system.one)",
    ],
    ...["postgresql('127.0.0.1:1', 'a', 'b', 'c', 'd')", "mongodb('127.0.0.1:1', 'a', 'b', 'c', 'd', 'e String')"],
    ...["redis('127.0.0.1:1', 'a', 'a String')", "executable('id', 'TSV', 'a String')", "dictionary('d')"],
    ...["odbc('a', 'b', 'c')", "jdbc('a', 'b', 'c')", `fileCluster('default', '${file}')`, "input('a String')"],
  ];
  return [
    ...sources.map((source) => `SELECT * FROM ${source}`),
    ...sources.map((source) => `INSERT INTO FUNCTION ${source} VALUES ('a')`),
    ...sources.map((source) => `INSERT INTO ${TABLE} SELECT * FROM ${source}`),
    ...[`SELECT file('${file}')`, `SELECT * FROM '${file}'`, `SELECT * FROM \`${file}\``, `DESCRIBE file('${file}')`],
    ...[`SELECT 1 INTO OUTFILE '${file}.out'`, `INSERT INTO ${TABLE} FROM INFILE '${file}' FORMAT CSV`],
    ...[`INSERT INTO ${TABLE} (reason) VALUES (file('${file}'))`, `INSERT INTO \`${file}\` FORMAT CSV\n1`],
    ...[`SELECT 1 FORMAT Template SETTINGS format_template_row = '${file}'`],
  ];
}

/** Statements about oneself or the server that need no right, several at once, and one dressed up as another. */
export function disguised(file: string): string[] {
  const drop = `DROP TABLE ${TABLE}`;
  return [
    ...['SET ROLE everything', 'SET ROLE ALL', 'SET ROLE DEFAULT', 'SET DEFAULT ROLE everything TO default'],
    ...[
      'SET readonly = 0',
      "SET profile = 'default'",
      'USE system',
      'EXECUTE AS default SELECT 1',
      'BEGIN TRANSACTION',
    ],
    ...[`REVOKE ALL ON ${TABLE} FROM default`, `RESTORE TABLE ${TABLE} FROM Memory('x')`],
    ...[
      'KILL QUERY WHERE 1',
      'KILL MUTATION WHERE 1',
      'KILL TRANSACTION WHERE 1',
      'SYSTEM STOP MERGES',
      'SYSTEM RELOAD CONFIG',
    ],
    ...['SELECT 1 SETTINGS readonly = 0', "SELECT 1 SETTINGS profile = 'default'", 'SELECT 1 SETTINGS allow_ddl = 1'],
    ...["SELECT 1 SETTINGS additional_result_filter = '1'", "SELECT 1 SETTINGS dialect = 'prql'"],
    ...[`SELECT 1; ${drop}`, `SELECT 1;;${drop}`, `SELECT 1 /* ; */; ${drop}`, `SELECT ';'; ${drop}`, `(${drop})`],
    ...[`/* SELECT */ ${drop}`, `-- SELECT\n${drop}`, `#!SELECT\n${drop}`, `SELECT 1 // /*\n; ${drop} -- */`],
    ...[
      `/* /* */ SELECT 1 */ ${drop}`,
      `SELECT $a$ $a$; ${drop}`,
      `SELECT "a'"; ${drop}; SELECT '"'`,
      `SELECT '\\\\'; ${drop} --'`,
    ],
    ...[`INSERT INTO ${TABLE} (reason) VALUES ('a'); ${drop}`, `INSERT INTO ${TABLE} (reason) VALUES (currentUser())`],
    ...[`INSERT INTO ${TABLE} (reason) VALUES ((SELECT name FROM system.tables LIMIT 1))`, `(((${drop})))`],
    ...[`INSERT INTO ${TABLE} SETTINGS input_format_record_errors_file_path = '${file}.out' (reason) FORMAT CSV\na`],
    ...[
      'EXPLAIN INSERT INTO audit_db.schema_migrations SELECT 1',
      `WATCH ${TABLE}`,
      `PARALLEL WITH ${drop}`,
      `\uFEFF${drop}`,
    ],
  ];
}

/** Settings a request may not bring. */
export function settings(file: string): Array<Record<string, string>> {
  return [
    ...[{ role: 'everything' }, { profile: 'default' }, { allow_ddl: '1' }, { dialect: 'prql' }],
    ...[{ format_schema: file }, { format_template_row: file }, { output_format_schema: file }],
    ...[{ additional_result_filter: '1' }, { additional_table_filters: "{'system.one': '1'}" }, { ai_x: '1' }],
    ...[{ format_avro_schema_registry_url: 'http://127.0.0.1:1' }, { validate_mutation_query: '0' }],
  ];
}
