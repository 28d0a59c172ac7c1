import { setTimeout as sleep } from 'node:timers/promises';
import { quantile } from './audit-measure.ts';
import type { NeonCounter } from './neon-counter.ts';
import { keepAsking } from './operations-asking.ts';
import { bareUpdate, plantSessions, SESSIONS_EACH, sampleTokens } from './operations-data.ts';
import type { Answered } from './operations-pace.ts';
import {
  approve,
  type Desk,
  enter,
  finished,
  type Refused,
  type Requested,
  request,
  settled,
  start,
  untilRefused,
} from './operations-run.ts';
import { cpuMicros, watchCores } from './process.ts';

const LEAD_MS = 1000;
const IDLE_MS = 8000;

/** An operation with nothing beside it. */
export interface Alone {
  items: number;
  itemsPerSecond: number;
  /** Of one UPDATE of as many sessions. */
  barePerSecond: number;
  roundTrips: number;
  /** CPU of workerd. */
  cpuSeconds: number;
}

/** An operation while admins are at work. */
export interface Beside {
  items: number;
  /** From the start's answer to the end. */
  seconds: number;
  refused: Refused;
  /** From the start's answer until a consumer had taken it up, and until the epochs were being written. */
  takenMs: number;
  epochsMs: number;
  idleP95: number;
  duringP95: number;
  /** Share of the machine's cores. */
  idleBusy: number;
  duringBusy: number;
  /** While it ran. */
  requests: number;
  /** Not answered with 200, idle or not. */
  failed: number;
}

/** An approved operation on fresh sessions, with nothing else left to do. */
export async function prepared(desk: Desk, sessionsEach: number): Promise<Requested> {
  await plantSessions(desk.site, desk.people, sessionsEach);
  const requested = await request(desk);
  const { length } = desk.people.admins;
  if (requested.items !== length * (1 + sessionsEach)) throw new Error(`the plan has ${requested.items} targets`);
  await approve(desk, requested);
  await settled(desk);
  return requested;
}

export async function runAlone(desk: Desk, counter: NeonCounter): Promise<Alone> {
  const requested = await prepared(desk, SESSIONS_EACH);
  const barePerSecond = await bareUpdate(desk.site, desk.people);
  const cpu = cpuMicros(desk.worker.pid);
  const began = await start(desk, requested);
  // The start's own are over by now.
  const trips = counter.of('steward_api');
  const { ended } = await finished(desk, requested);
  const alone = {
    items: requested.items,
    itemsPerSecond: (requested.items * 1000) / (ended - began),
    barePerSecond,
    roundTrips: counter.of('steward_api') - trips,
    cpuSeconds: (cpuMicros(desk.worker.pid) - cpu) / 1e6,
  };
  await settled(desk);
  return alone;
}

export async function runBeside(desk: Desk, sessionsEach = SESSIONS_EACH): Promise<Beside> {
  const requested = await prepared(desk, sessionsEach);
  const tokens = await sampleTokens(desk.site, desk.people);
  await enter(desk, tokens);
  const asking = keepAsking(desk);
  try {
    await sleep(LEAD_MS);
    const busyIdle = watchCores();
    await sleep(IDLE_MS);
    const idleBusy = busyIdle();
    const busy = watchCores();
    const before = Date.now();
    const began = await start(desk, requested);
    const refused = await untilRefused(desk, tokens);
    const { taken, first, ended } = await finished(desk, requested);
    const duringBusy = busy();
    const answered = await asking.stop();
    const idle = answered.filter(({ at, ms }) => at >= before - IDLE_MS && at + ms < before);
    const during = answered.filter(({ at, ms }) => at < ended && at + ms > began);
    await settled(desk);
    return {
      items: requested.items,
      seconds: (ended - began) / 1000,
      refused,
      takenMs: taken - began,
      epochsMs: first - began,
      idleP95: p95(idle),
      duringP95: p95(during),
      idleBusy,
      duringBusy,
      requests: during.length,
      failed: answered.filter(({ status }) => status !== 200).length,
    };
  } finally {
    asking.kill();
  }
}

const p95 = (answered: readonly Answered[]) =>
  quantile(
    answered.map(({ ms }) => ms),
    0.95,
  );
