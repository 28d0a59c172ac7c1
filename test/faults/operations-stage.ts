import { type App, type Person, startApp } from '../app.ts';
import { queued } from '../broker.ts';
import { operationsOf } from '../operations.ts';
import type { Campaign } from './campaign.ts';
import { type Line, type Said, startLine } from './operations-line.ts';
import { preparePoison } from './operations-scenes.ts';

/** Items of one statement: so that an operation of a thousand has twenty steps. */
export const BATCH = 50;
export const LEASE_MS = 1000;

/** Where operations are put to the test: one Steward, its line to Postgres, and what is going on besides. */
export interface Stage {
  app: App;
  line: Line;
  series: Campaign;
  operations: ReturnType<typeof operationsOf>;
  asks: Person;
  agrees: Person;
  /** Waited for by `calm`, whatever becomes of it. */
  going: Set<Promise<unknown>>;
  crashing: Promise<void> | undefined;
  kills: number;
  /** Statements that arrive under a token which another run has overtaken; how many did, and how many of them changed anything. */
  overtaken: WeakSet<Said>;
  stale: { tried: number; applied: number };
}

export async function startStage(series: Campaign): Promise<Stage> {
  const line = await startLine();
  const app = await startApp({
    NEON_HTTP_ENDPOINT: line.url,
    OPERATION_LEASE_SECONDS: String(LEASE_MS / 1000),
    OPERATION_RUN_SECONDS: '1',
    OPERATION_BATCH_ITEMS: String(BATCH),
  });
  line.leadTo(app.neon.url);
  await preparePoison(app);
  const stage: Stage = {
    ...{ app, line, series, operations: operationsOf(app) },
    ...{ asks: await app.person('owner'), agrees: await app.person('owner') },
    ...{ going: new Set(), crashing: undefined, kills: 0 },
    ...{ overtaken: new WeakSet(), stale: { tried: 0, applied: 0 } },
  };
  line.onReply((said, rows) => {
    if (!stage.overtaken.has(said)) return;
    stage.stale.tried++;
    stage.stale.applied += Number(rows > 0);
  });
  return stage;
}

export async function stopStage({ app, line }: Stage): Promise<void> {
  await app.stop();
  await line.close();
}

export const pause = (ms: number) => new Promise<void>((done) => setTimeout(done, ms));

export function besides({ going }: Stage, work: Promise<unknown>): void {
  const ended: Promise<unknown> = work.catch(() => undefined).finally(() => going.delete(ended));
  going.add(ended);
}

/** kill -9 of the runtime, and a new one; nothing more while that goes on. */
export function crash(stage: Stage): void {
  if (stage.crashing) return;
  stage.kills++;
  stage.crashing = stage.app.crash().finally(() => {
    stage.crashing = undefined;
  });
  besides(stage, stage.crashing);
}

/** The same message several times at once, beside what the queue itself delivers. */
export function deliver(stage: Stage, operationId: string, times = 1): Promise<unknown> {
  const message = queued({ v: 1, kind: 'operation.run', operationId });
  const all = Promise.all(
    Array.from({ length: times }, () => stage.app.broker.deliver([message], { queue: 'operations' })),
  );
  besides(stage, all);
  return all;
}

/** Local runtimes fire no crons. */
export const sweep = (stage: Stage): void => besides(stage, stage.app.worker().scheduled('* * * * *'));

export const rowOf = async ({ app }: Stage, operationId: string) =>
  (await app.db.query('SELECT * FROM admin_operations WHERE id = $1', [operationId])).rows[0];
