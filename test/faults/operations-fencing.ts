import { type App, until } from '../app.ts';
import type { Fate, Said } from './operations-line.ts';
import { deliver, type Stage } from './operations-stage.ts';
import { type Doing, doingOf, isAbout, tokenIn } from './operations-statements.ts';

interface Held {
  said: Said;
  letGo(fate: Fate): void;
}

export interface Takeovers {
  operationId: string;
  /** The statements that are overtaken. */
  doing: Doing;
  /** How many holders lose the lock at each place of the operation. */
  times: number;
  places: number;
}

/** The lock has run out: to its object there is no difference between this and waiting. */
async function expire({ app }: Stage, operationId: string, token: number): Promise<void> {
  const { rows } = await app.db.query('SELECT locks FROM admin_operations WHERE id = $1', [operationId]);
  const namespace = await app.worker().miniflare.getDurableObjectNamespace('OPERATION_LOCK', 'steward');
  const lock = namespace.get(namespace.idFromName(`operation:${rows[0].locks[0]}`)) as unknown as {
    release(token: number): Promise<void>;
  };
  await lock.release(token);
}

/** @returns how many rows Postgres answered */
function arrived({ line }: Stage, { said, letGo }: Held): Promise<number> {
  const answered = new Promise<number>((heard) => line.onceDone(said, heard));
  letGo('none');
  return answered;
}

/** All that a batch may change, in one text. */
async function stateOf(app: App, operationId: string): Promise<string> {
  const { rows } = await app.db.query(
    `SELECT to_jsonb(o) - 'progress_at' - 'last_error' AS operation,
       (SELECT json_agg(i ORDER BY i.seq) FROM admin_operation_items i WHERE i.operation_id = o.id) AS items,
       (SELECT json_agg(f ORDER BY f.id) FROM service_features f) AS features,
       (SELECT count(*) FROM audit_outbox WHERE reason LIKE $2) AS records
     FROM admin_operations o WHERE o.id = $1`,
    [operationId, `%${operationId}%`],
  );
  return JSON.stringify(rows);
}

/**
 * Runs that lose the lock with a statement in hand. A batch arrives when others have taken the lock after them and none of these
 * has moved the operation: so nothing but the token can tell it from the one that counts. A claim arrives after the one that counts.
 * @param begin sets the operation going
 * @returns how many were tried, how many found something to do, at how many places anything had changed
 */
export async function overtake(
  stage: Stage,
  { operationId, doing, times, places }: Takeovers,
  begin: () => Promise<unknown>,
) {
  const { app, line, series } = stage;
  const held: Held[] = [];
  line.decide((said) => {
    if (!isAbout(said, operationId) || doingOf(said) !== doing) return 'none';
    return new Promise((letGo) => held.push({ said, letGo }));
  });
  const found = { tried: 0, applied: 0, changed: 0 };
  await begin();
  for (let place = 0; place < places; place++) {
    for (let holders = 1; holders <= times + 1; holders++) {
      const last = held.at(-1);
      if (last) {
        await expire(stage, operationId, tokenIn(last.said) as number);
        void deliver(stage, operationId);
      }
      await until(async () => held.length >= holders, `run ${holders} holds the lock`, 40_000, 10);
    }
    const current = held.pop() as Held;
    const isClaim = doing === 'claim';
    if (isClaim) await arrived(stage, current);
    const before = await stateOf(app, operationId);
    for (const stale of held.splice(0).sort(() => series.random() - 0.5)) {
      found.tried++;
      found.applied += Number((await arrived(stage, stale)) > 0);
    }
    // Whoever claimed it last is at work by now.
    found.changed += Number(!isClaim && (await stateOf(app, operationId)) !== before);
    if (place === places - 1) line.decide(() => 'none');
    current.letGo('none');
  }
  return found;
}
