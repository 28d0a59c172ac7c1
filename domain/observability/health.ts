import type { Context } from '../context.ts';
import { inTime } from '../gate/patience.ts';
import type { Component } from './metrics.ts';
import { type ChannelView, probeAll } from './probe-all.ts';
import { afterProbe, type ComponentState, type HealthError, type Status, worst } from './status.ts';

const LOG_MS = 500;
/** How many times as long as one component has: of all together, and of the log's answer, with some to spare. */
const LONGEST_LOOK = 3;

type Looking = Pick<
  Context,
  | 'db'
  | 'settings'
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

/**
 * How every component is. A look is shared for `healthShareMs`, and answered while somebody looks again, which the first who asks for as
 * long afterwards does behind their answer. So an answer mostly takes no time, and a second and a half at most.
 */
export async function readHealth(ctx: Looking): Promise<HealthView> {
  const { health } = ctx;
  const { healthShareMs, healthProbeMs } = ctx.settings;
  const age = ctx.now() - health.checkedAt;
  if (age < healthShareMs) return viewOf(health);
  // Whoever looks may have ended with their request.
  const isBeingLooked = ctx.now() - health.lookingAt < LONGEST_LOOK * healthProbeMs;
  if (isBeingLooked && health.checkedAt > 0) return viewOf(health);
  if (age < 2 * healthShareMs) ctx.later(lookAgain(ctx));
  else await lookAgain(ctx);
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
