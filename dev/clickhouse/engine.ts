import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { drainPending, Session } from 'chdb';
import { forbiddenFunctions } from './guard.ts';
import { usersXml } from './roles.ts';
import { quote } from './settings.ts';
import type { May } from './users.ts';

export type Connection = Session;

export type Engine = {
  version: string;
  /** Functions restricted users may not call. */
  forbidden: Set<string>;
  /** Where data is put that the engine can only read from a file. */
  spool: string;
  /** A connection of its own: settings, parameters and temporary tables end with it. */
  connect(): Connection;
  /** Stops the queries that carry this mark in `log_comment`. */
  kill(mark: string): Promise<void>;
  close(): Promise<void>;
};

function configXml(usersFile: string): string {
  const path = usersFile.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return `<clickhouse><users_config>${path}</users_config></clickhouse>\n`;
}

/** Opens the engine's files below `dataDir`. The engine itself locks them against a second process. */
export function openEngine(dataDir: string): Engine {
  const root = resolve(dataDir);
  const spool = join(root, 'spool');
  const config = join(root, 'config');
  // Left by a process that was killed in the middle of an insert.
  rmSync(spool, { recursive: true, force: true });
  for (const dir of [spool, config]) mkdirSync(dir, { recursive: true });
  const usersFile = join(config, 'users.xml');
  writeFileSync(usersFile, usersXml());
  writeFileSync(join(config, 'config.xml'), configXml(usersFile));

  const path = join(root, 'engine');
  // The engine lives as long as one connection does; this one also kills queries.
  const control = new Session(path, { connectionArgs: [`--config-file=${join(config, 'config.xml')}`] });
  const version = control.query('SELECT version()', 'TSV').trim();
  const tableFunctions = control.query('SELECT name FROM system.table_functions', 'TSV').trim().split('\n');
  return {
    version,
    forbidden: forbiddenFunctions(tableFunctions),
    spool,
    connect: () => new Session(path),
    async kill(mark) {
      await control.queryAsync(`KILL QUERY WHERE Settings['log_comment'] = ${quote(mark)} ASYNC`, { format: 'TSV' });
    },
    async close() {
      await drainPending();
      control.close();
      await drainPending();
    },
  };
}

/** What takes a connection's rights away, to be sent after the settings of the request. */
export function restrict(may: May, readonly: '0' | '1' | '2'): string[] {
  const role = may === 'everything' ? [] : [`SET ROLE ${may}`];
  const level = may === 'read' && readonly === '0' ? '2' : readonly;
  return level === '0' ? role : [...role, `SET readonly = ${level}`];
}
