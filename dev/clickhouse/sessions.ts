import { type Connection, type Engine, restrict } from './engine.ts';
import { ClickHouseError, malformed } from './errors.ts';
import { quote, setStatement } from './settings.ts';
import type { Identity } from './users.ts';

const DEFAULT_TIMEOUT_S = 60;
const LONGEST_TIMEOUT_S = 3600;
const MOST_SESSIONS = 256;

type Kept = { connection: Connection; busy: boolean; timer: NodeJS.Timeout | undefined };

export type Lease = { connection: Connection; restricted: boolean; release(): Promise<void> };

export type SessionRequest = { id: string; timeout: string | null; check: boolean };

/** Connections that outlive a request: temporary tables and SET stay for the next request with the same id. */
export class Sessions {
  readonly #engine: Engine;
  readonly #kept = new Map<string, Kept>();

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** Lends the session's connection and puts the request's own settings back when it is returned. */
  async lease(who: Identity, request: SessionRequest, settings: Map<string, string>): Promise<Lease> {
    const seconds = Number(request.timeout ?? DEFAULT_TIMEOUT_S);
    if (!(seconds >= 0 && seconds <= LONGEST_TIMEOUT_S)) {
      throw malformed(`Invalid session timeout: at most ${LONGEST_TIMEOUT_S} seconds.`);
    }
    const key = JSON.stringify([who.name, request.id]);
    const kept = this.#kept.get(key) ?? this.#create(key, request.check);
    if (kept.busy) throw new ClickHouseError(373, 'SESSION_IS_LOCKED', 'Session is locked by a concurrent client.');
    kept.busy = true;
    clearTimeout(kept.timer);
    const fresh = kept.timer === undefined;
    const park = () => {
      kept.busy = false;
      kept.timer = setTimeout(() => this.#drop(key, kept), seconds * 1000);
      kept.timer.unref();
    };
    try {
      // Before anything else, so that no request of a session ever runs with more rights than its user has.
      if (fresh) await run(kept.connection, restrict(who.may, '0').join('; '));
      const before = await snapshot(kept.connection, [...settings.keys()]);
      const release = () => run(kept.connection, before).finally(park);
      return { connection: kept.connection, restricted: true, release };
    } catch (error) {
      if (fresh) this.#drop(key, kept);
      else park();
      throw error;
    }
  }

  closeAll(): void {
    for (const [key, kept] of this.#kept) this.#drop(key, kept);
  }

  #create(key: string, mustExist: boolean): Kept {
    if (mustExist) throw new ClickHouseError(372, 'SESSION_NOT_FOUND', 'Session not found.');
    if (this.#kept.size >= MOST_SESSIONS) {
      throw new ClickHouseError(202, 'TOO_MANY_SIMULTANEOUS_QUERIES', `Too many sessions: ${MOST_SESSIONS}.`);
    }
    const kept: Kept = { connection: this.#engine.connect(), busy: false, timer: undefined };
    this.#kept.set(key, kept);
    return kept;
  }

  #drop(key: string, kept: Kept): void {
    clearTimeout(kept.timer);
    this.#kept.delete(key);
    kept.connection.close();
  }
}

/** SQL that gives these settings the values they have now. */
async function snapshot(connection: Connection, names: string[]): Promise<string> {
  if (names.length === 0) return '';
  const list = names.map(quote).join(', ');
  const sql = `SELECT name, value FROM system.settings WHERE changed AND name IN (${list})`;
  const answer = await connection.queryAsync(sql, { format: 'JSONCompactEachRow' });
  const lines = answer
    .text()
    .split('\n')
    .filter((line) => line !== '');
  const changed = new Map(lines.map((line) => JSON.parse(line) as [string, string]));
  const others = names.filter((name) => !changed.has(name)).map((name) => `SET ${name} = DEFAULT`);
  const set = setStatement({ settings: changed, params: new Map() });
  return [...(set === undefined ? [] : [set]), ...others].join('; ');
}

async function run(connection: Connection, sql: string): Promise<void> {
  if (sql !== '') await connection.queryAsync(sql, { format: 'TSV' });
}
