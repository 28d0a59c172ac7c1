import { DurableObject } from 'cloudflare:workers';
import { type NeonQueryFunction, neon, neonConfig } from '@neondatabase/serverless';
import { Hono } from 'hono';

interface Bindings {
  ANSWER: object;
  SQL: string;
  /** Of the statement in SQL. */
  PARAMETERS: unknown[];
  ENDPOINT: string;
  DATABASE_URL: string;
  LIMITER: { getByName(name: string): Pick<Counter, 'take'> };
}

/** The cheapest count that is exact: an object runs one call at a time. It keeps nothing and never starts again. */
export class Counter extends DurableObject {
  #taken = 0;

  take(): Promise<{ taken: number }> {
    this.#taken += 1;
    return Promise.resolve({ taken: this.#taken });
  }
}

/** One client for as long as the isolate lives, as in workers/context.ts. */
let sql: NeonQueryFunction<false, false> | undefined;

function connect({ ENDPOINT, DATABASE_URL }: Bindings): NeonQueryFunction<false, false> {
  neonConfig.fetchEndpoint = ENDPOINT;
  return neon(DATABASE_URL);
}

/** What no Worker gets around that limits its callers exactly and reads through Neon's driver: one call, then the statement. */
const app = new Hono<{ Bindings: Bindings }>();
app.get('/hello', async (c) => {
  await c.env.LIMITER.getByName('key').take();
  sql ??= connect(c.env);
  await sql.query(c.env.SQL, c.env.PARAMETERS);
  return c.json(c.env.ANSWER);
});

export default app;
