import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { neon } from '@neondatabase/serverless';

const FOLDER = join(import.meta.dirname, 'migrations');
const BREAK = '--> statement-breakpoint';

const LEDGER = `CREATE TABLE IF NOT EXISTS schema_migrations (
  name text PRIMARY KEY, sha256 text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`;

/**
 * Runs the migrations that have not run, each in one transaction together with its entry in `schema_migrations`.
 * Works through Neon's HTTP as it is: a transaction there is a list of statements.
 * @param ownerUrl connection string of the role that owns the tables
 * @returns the names of those that ran now
 * @throws Error when a file that has run was changed since
 */
export async function migratePostgres(ownerUrl: string): Promise<string[]> {
  const sql = neon(ownerUrl);
  await sql.query(LEDGER);
  const known = await sql.query('SELECT name, sha256 FROM schema_migrations');
  const ran = new Map(known.map((row) => [row.name as string, row.sha256 as string]));
  const applied: string[] = [];
  for (const name of (await readdir(FOLDER)).filter((file) => file.endsWith('.sql')).sort()) {
    const text = await readFile(join(FOLDER, name), 'utf8');
    const sha256 = createHash('sha256').update(text).digest('hex');
    const before = ran.get(name);
    if (before === sha256) continue;
    if (before !== undefined)
      throw new Error(`${name} was changed after it ran; restore it and write a new migration instead.`);
    const statements = text.split(BREAK).filter((statement) => statement.trim() !== '');
    await sql.transaction([
      sql.query(`SET LOCAL lock_timeout = '5s'`),
      ...statements.map((statement) => sql.query(statement)),
      sql.query('INSERT INTO schema_migrations (name, sha256) VALUES ($1, $2)', [name, sha256]),
    ]);
    applied.push(name);
  }
  return applied;
}

/** Passwords of the three roles, taken from the connection strings the Worker will use. Utility statements take no parameters. */
export async function setRolePasswords(ownerUrl: string, passwords: Record<string, string>): Promise<void> {
  const sql = neon(ownerUrl);
  for (const [role, password] of Object.entries(passwords)) {
    if (!/^\w+$/.test(role) || !/^[\w.~-]{16,}$/.test(password))
      throw new Error(`The password of ${role} must have 16 or more letters, digits, "_", ".", "~" or "-".`);
    await sql.query(`ALTER ROLE ${role} PASSWORD '${password}'`);
  }
}
