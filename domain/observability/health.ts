import type { Context } from '../context.ts';
import { inTime } from '../gate/patience.ts';
import type { Component } from './metrics.ts';
import { type ChannelView, probeAll } from './probe-all.ts';
import { afterProbe, type ComponentState, type HealthError, type Status, worst } from './status.ts';

/** So long nobody looks again, however many ask. */
const FRESH_MS = 5000;
/** So long an older look is answered at once while somebody looks again. */
const USABLE_MS = 10_000;
const LOG_MS = 500;

type Looking = Pick<
  Context,
  | 'db'
  | 'clickhouse'
  | 'bucket'
  | 'queues'
  | 'metricStore'
  | 'statusLog'
  | 'probes'
  | 'health'
  | 'now'
  | 'later'
  | 'log'
>;

export interface ComponentView {
  name: Component;
  status: Status;
  latencyMs: number;
  /** Of this status; RFC 3339. */
  since: string;
  lastError: { code: HealthError; at: string } | null;
}

export interface HealthView {
  status: Status;
  checkedAt: string;
  components: ComponentView[];
  /** Of notifications; null: Postgres, which knows them, did not answer. */
  channels: ChannelView[] | null;
}

/** What an isolate has seen last. Only values pass from one request to another, never a promise. */
export class HealthMemory {
  states: ComponentState[] = [];
  channels: ChannelView[] | null = null;
  checkedAt = 0;
  /** Since when somebody looks. */
  lookingAt = 0;
}

/** How every component is. Takes a second and a half at most, and mostly no time at all: looks are shared for five seconds. */
export async function readHealth(ctx: Looking): Promise<HealthView> {
  const { health } = ctx;
  const age = ctx.now() - health.checkedAt;
  const isOld = age >= FRESH_MS;
  // Whoever looks may have ended with their request.
  const isBeingLooked = ctx.now() - health.lookingAt < USABLE_MS;
  if (isOld && age < USABLE_MS) {
    if (!isBeingLooked) ctx.later(lookAgain(ctx));
  } else if (isOld) await lookAgain(ctx);
  return viewOf(health);
}

async function lookAgain(ctx: Looking): Promise<void> {
  const { health } = ctx;
  health.lookingAt = ctx.now();
  const { probes, channels } = await probeAll(ctx);
  const now = ctx.now();
  const mine = new Map(health.states.map((state) => [state.component, state]));
  const own = probes.map((probe) => afterProbe(mine.get(probe.component), probe, now));
  // The log knows since when; without it, this isolate knows since it began to look.
  const logged = await inTime(ctx.statusLog.observe(probes), LOG_MS).catch((error) => {
    ctx.log.error('the status log cannot be reached', { error });
    return null;
  });
  const known = new Map(logged?.components.map((state) => [state.component, state]));
  health.states = own.map((state) => {
    const before = known.get(state.component);
    return before?.status === state.status ? { ...state, since: before.since, lastError: before.lastError } : state;
  });
  health.channels = channels;
  health.checkedAt = now;
  health.lookingAt = 0;
}

function viewOf({ states, channels, checkedAt }: HealthMemory): HealthView {
  return {
    status: worst(states.map(({ status }) => status)),
    checkedAt: new Date(checkedAt).toISOString(),
    components: states.map(componentView),
    channels,
  };
}

export const componentView = ({ component, status, latencyMs, since, lastError }: ComponentState): ComponentView => ({
  name: component,
  status,
  latencyMs,
  since: new Date(since).toISOString(),
  lastError: lastError && { code: lastError.code, at: new Date(lastError.at).toISOString() },
});

/** What nothing can be answered without. */
const NEEDED: readonly Component[] = ['postgres', 'durable_objects', 'issuer'];

/** Whether requests can be served; says nothing of why not. */
export async function isReady(ctx: Looking): Promise<boolean> {
  const { components } = await readHealth(ctx);
  return components.every(({ name, status }) => status !== 'down' || !NEEDED.includes(name));
}
