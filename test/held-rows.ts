import { type App, until } from './app.ts';

/**
 * Does something while a row is held by nobody the Worker knows, so that statements that need it meet at one moment; at most as long
 * as a statement waits for a lock.
 * @param lock SELECT … FOR UPDATE
 */
export async function whileHeld<T>(
  app: App,
  lock: { sql: string; parameters: unknown[] },
  work: (waiting: (statements: number) => Promise<void>) => Promise<T>,
): Promise<T> {
  const client = await app.db.connect();
  const waiting = (statements: number) =>
    until(async () => {
      const { rows } = await app.db.query(
        `SELECT count(DISTINCT l.pid)::int AS n FROM pg_locks l JOIN pg_stat_activity a USING (pid)
         WHERE NOT l.granted AND a.datname = current_database()`,
      );
      return rows[0].n >= statements;
    }, `${statements} statements wait`);
  try {
    await client.query('BEGIN');
    await client.query(lock.sql, lock.parameters);
    return await work(waiting);
  } finally {
    await client.query('COMMIT');
    client.release();
  }
}

/** Says all of this at once about one operation, and lets none be done before `together` of them wait for it. */
export async function atOnce<T>(
  app: App,
  operationId: string,
  calls: readonly (() => Promise<T>)[],
  together = calls.length,
): Promise<T[]> {
  const lock = { sql: 'SELECT FROM admin_operations WHERE id = $1 FOR UPDATE', parameters: [operationId] };
  const { answers } = await whileHeld(app, lock, async (waiting) => {
    const answers = Promise.all(calls.map((call) => call()));
    await waiting(together);
    // In an object: a promise itself would be waited for.
    return { answers };
  });
  return answers;
}
