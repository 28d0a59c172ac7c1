import { setTimeout as sleep } from 'node:timers/promises';
import type { Result } from './neon-exchange.ts';
import { type Login, type Script, Session } from './neon-session.ts';

/** Every session of this login stayed busy for too long. */
export class PoolTimeout extends Error {}

/** Ties a running request to the client that waits for it. */
export interface Caller {
  gone: boolean;
  cancel?: (() => void) | undefined;
}

const IDLE_MS = 10_000;
const WAIT_MS = 30_000;
const TOO_MANY_CONNECTIONS = '53300';

/** The sessions of one login. A waiter is handed a session, or nothing: then the place of one that was closed. */
interface Pool {
  idle: Session[];
  waiting: ((session: Session | undefined) => void)[];
  size: number;
}

/** Sessions kept open between requests, a bounded number for each login. */
export class Pools {
  readonly #pools = new Map<string, Pool>();
  readonly #port: number;
  readonly #max: number;
  readonly #sweeper: NodeJS.Timeout;

  constructor(port: number, max: number) {
    this.#port = port;
    this.#max = max;
    this.#sweeper = setInterval(() => this.#closeIdle(Date.now() - IDLE_MS), 1_000).unref();
  }

  /** Runs a script in a clean session. A caller who leaves has it cancelled, and its session closed. */
  async run(login: Login, script: Script, caller: Caller): Promise<Result[]> {
    const key = `${login.user}\0${login.database}\0${login.password}`;
    let pool = this.#pools.get(key);
    if (!pool) {
      pool = { idle: [], waiting: [], size: 0 };
      this.#pools.set(key, pool);
    }
    const session = pool.idle.pop() ?? (await this.#obtain(pool, login));
    if (caller.gone) {
      this.#giveBack(pool, session, true);
      throw new Error('The client went away.');
    }
    caller.cancel = () => session.cancel();
    return session.run(script, (clean) => {
      // After a cancel the session is closed: the cancel may arrive late and hit the next request.
      caller.cancel = undefined;
      this.#giveBack(pool, session, clean && !caller.gone);
    });
  }

  close(): void {
    clearInterval(this.#sweeper);
    this.#closeIdle(Infinity);
  }

  async #obtain(pool: Pool, login: Login): Promise<Session> {
    if (pool.size < this.#max) pool.size += 1;
    else {
      const session = await wait(pool);
      if (session) return session;
    }
    try {
      const session = await this.#open(login);
      session.onEnd(() => {
        const place = pool.idle.indexOf(session);
        // A busy session is given back by its request.
        if (place >= 0) pool.size -= pool.idle.splice(place, 1).length;
      });
      return session;
    } catch (error) {
      leave(pool);
      throw error;
    }
  }

  async #open(login: Login): Promise<Session> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await Session.open(login, this.#port);
      } catch (error) {
        if ((error as { code?: string }).code !== TOO_MANY_CONNECTIONS || attempt === 20) throw error;
        // Other logins' idle sessions hold the places.
        this.#closeIdle(Infinity);
        await sleep(50);
      }
    }
  }

  #giveBack(pool: Pool, session: Session, clean: boolean): void {
    if (!clean) {
      session.close();
      leave(pool);
      return;
    }
    session.idleSince = Date.now();
    const next = pool.waiting.shift();
    if (next) next(session);
    else pool.idle.push(session);
  }

  #closeIdle(before: number): void {
    for (const [key, pool] of this.#pools) {
      // The longest idle come first: sessions are taken from the end.
      while (pool.idle[0] && pool.idle[0].idleSince < before) {
        pool.idle.shift()?.close();
        leave(pool);
      }
      if (pool.size === 0) this.#pools.delete(key);
    }
  }
}

function leave(pool: Pool): void {
  const next = pool.waiting.shift();
  if (next) next(undefined);
  else pool.size -= 1;
}

function wait(pool: Pool): Promise<Session | undefined> {
  return new Promise((resolve, reject) => {
    const take = (session: Session | undefined): void => {
      clearTimeout(timer);
      resolve(session);
    };
    const timer = setTimeout(() => {
      pool.waiting.splice(pool.waiting.indexOf(take), 1);
      reject(new PoolTimeout('All connections to Postgres stayed busy.'));
    }, WAIT_MS);
    pool.waiting.push(take);
  });
}
