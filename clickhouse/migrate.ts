import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ClickHouseClient, createClient } from '@clickhouse/client-web';

const FOLDER = join(import.meta.dirname, 'migrations');

const LEDGER = `CREATE TABLE IF NOT EXISTS audit_db.schema_migrations (
  name String, sha256 String, applied_at DateTime DEFAULT now()) ENGINE = MergeTree ORDER BY name`;

/**
 * Runs the migrations that have not run. ClickHouse has no transactions over DDL, so each statement must bear being run again
 * (IF NOT EXISTS) and the entry in `audit_db.schema_migrations` comes last.
 * @returns the names of those that ran now
 * @throws Error when a file that has run was changed since, or the server's time zone is not UTC
 */
export async function migrateClickHouse(address: {
  url: string;
  username: string;
  password: string;
}): Promise<string[]> {
  const client = createClient({ ...address, request_timeout: 60_000 });
  try {
    await requireUtc(client);
    await client.command({ query: 'CREATE DATABASE IF NOT EXISTS audit_db' });
    await client.command({ query: LEDGER });
    return await runNew(client);
  } finally {
    await client.close();
  }
}

/** The specification's timestamps carry no zone: in another one the day in the sort key would be another day. */
async function requireUtc(client: ClickHouseClient): Promise<void> {
  const answer = await client.query({ query: 'SELECT serverTimezone() AS zone', format: 'JSONEachRow' });
  const [row] = await answer.json<{ zone: string }>();
  if (!row || !['UTC', 'Etc/UTC'].includes(row.zone))
    throw new Error(`ClickHouse runs in ${row?.zone}; set its timezone to UTC first.`);
}

async function runNew(client: ClickHouseClient): Promise<string[]> {
  const answer = await client.query({
    query: 'SELECT name, sha256 FROM audit_db.schema_migrations',
    format: 'JSONEachRow',
  });
  const ran = new Map(
    (await answer.json<{ name: string; sha256: string }>()).map(({ name, sha256 }) => [name, sha256]),
  );
  const applied: string[] = [];
  for (const name of (await readdir(FOLDER)).filter((file) => file.endsWith('.sql')).sort()) {
    const text = await readFile(join(FOLDER, name), 'utf8');
    const sha256 = createHash('sha256').update(text).digest('hex');
    const before = ran.get(name);
    if (before === sha256) continue;
    if (before !== undefined)
      throw new Error(`${name} was changed after it ran; restore it and write a new migration instead.`);
    for (const statement of text.split(/;\s*$/m).filter((part) => part.replace(/^--.*$/gm, '').trim() !== ''))
      await client.command({ query: statement });
    await client.insert({ table: 'audit_db.schema_migrations', values: [{ name, sha256 }], format: 'JSONEachRow' });
    applied.push(name);
  }
  return applied;
}
