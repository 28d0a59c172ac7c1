import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';

const TEMPLATE_IN_USE = '55006';
const ALREADY_COPYING = '23505';
const NOT_ALLOWED = '42501';
const PATIENCE_MS = 20_000;

/**
 * Creates a database, as a copy of `template` if one is named, and answers its owner URL.
 * May be called by many at once. A template must be left alone while it is copied: idle connections to it (pooled
 * ones, say) are ended, and busy ones waited for.
 */
export async function createDatabase(ownerUrl: string, o: { name: string; template?: string }): Promise<string> {
  const until = Date.now() + PATIENCE_MS;
  await withClient(ownerUrl, async (client) => {
    const source = o.template === undefined ? '' : ` TEMPLATE ${client.escapeIdentifier(o.template)}`;
    for (;;) {
      // First, not after a refusal: Postgres waits five seconds for them before it refuses.
      await endIdle(client, o.template ?? 'template1');
      try {
        await client.query(`CREATE DATABASE ${client.escapeIdentifier(o.name)}${source}`);
        return;
      } catch (error) {
        if (!mayPass(error) || Date.now() > until) throw error;
      }
      await sleep(20 + Math.random() * 80);
    }
  });
  return withDatabase(ownerUrl, o.name);
}

/** Drops a database and whatever is connected to it; one that is not there is fine. */
export async function dropDatabase(ownerUrl: string, o: { name: string }): Promise<void> {
  const until = Date.now() + PATIENCE_MS;
  await withClient(ownerUrl, async (client) => {
    for (;;) {
      try {
        await client.query(`DROP DATABASE IF EXISTS ${client.escapeIdentifier(o.name)} WITH (FORCE)`);
        return;
      } catch (error) {
        // The owner may not end another role's connection, only wait until it has closed.
        if ((error as { code?: string }).code !== NOT_ALLOWED || Date.now() > until) throw error;
      }
      await sleep(50);
    }
  });
}

function mayPass(error: unknown): boolean {
  const { code, constraint } = error as { code?: string; constraint?: string };
  // Two callers that ask for the same new name at once meet in the catalogue's own index: the next try says it plainly.
  return code === TEMPLATE_IN_USE || (code === ALREADY_COPYING && constraint === 'pg_database_datname_index');
}

async function endIdle(client: pg.Client, database: string): Promise<void> {
  await client
    .query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = $1 AND state = 'idle' AND pg_has_role(usename, 'MEMBER')`,
      [database],
    )
    // A role that may not end the other one's connections waits for them like anybody.
    .catch(() => undefined);
}

/** Works from the database `postgres`: being connected to a template would block the others who copy it. */
async function withClient(ownerUrl: string, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: withDatabase(ownerUrl, 'postgres') });
  client.on('error', () => undefined);
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

function withDatabase(ownerUrl: string, name: string): string {
  const url = new URL(ownerUrl);
  url.pathname = `/${encodeURIComponent(name)}`;
  return url.href;
}
