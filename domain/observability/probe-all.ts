import { readClock as readClickHouseClock } from '../../clickhouse/queries/read-clock.ts';
import { readClock as readPostgresClock } from '../../drizzle/repositories/gauges.ts';
import { type ChannelHealth, channelHealth } from '../../drizzle/repositories/notification-health.ts';
import type { Context } from '../context.ts';
import { inTime } from '../gate/patience.ts';
import type { Component } from './metrics.ts';
import type { HealthError, Probe, Status, StatusReport } from './status.ts';

/** Of the time a component has: an answer that took longer is one, and a bad one. */
const SLOW = 0.5;
const BACKLOG_SECONDS = 300;

type Probing = Pick<Context, 'db' | 'clickhouse' | 'bucket' | 'queues' | 'metricStore' | 'probes' | 'now' | 'settings'>;

interface Found {
  status: Status;
  errorCode: HealthError | null;
}

/** One notification channel. */
export interface ChannelView {
  id: string;
  name: string;
  type: ChannelHealth['type'];
  /** Down: disabled for failing. */
  status: Status;
  /** Of the failures it has now. */
  since: string | null;
  lastErrorCode: string | null;
  lastDeliveredAt: string | null;
}

export interface Probed {
  probes: Probe[];
  skewMs: StatusReport['skewMs'];
  /** null: nobody knows. */
  channels: ChannelView[] | null;
}

const WELL: Found = { status: 'ok', errorCode: null };

/** Looks at every component at once; takes `healthProbeMs` at most, whatever hangs. */
export async function probeAll(ctx: Probing): Promise<Probed> {
  const { healthProbeMs } = ctx.settings;
  const skewMs: StatusReport['skewMs'] = {};
  const found: { channels: ChannelHealth[] | null } = { channels: null };
  const clock = (database: 'postgres' | 'clickhouse', read: () => Promise<number>) => async () => {
    const began = ctx.now();
    const theirs = await read();
    // Their clock was read somewhere in between.
    skewMs[database] = theirs - (began + ctx.now()) / 2;
    return WELL;
  };
  const looks: Record<Component, () => Promise<Found>> = {
    postgres: clock('postgres', async () => (await ctx.db.api.run(readPostgresClock, {}))[0]?.clock ?? Number.NaN),
    clickhouse: clock('clickhouse', () => readClickHouseClock(ctx.clickhouse.reader, 2 * healthProbeMs)),
    cache: async () => ctx.probes.cache().then(() => WELL),
    files: async () => ctx.bucket.head('health').then(() => WELL),
    queues: () => queuesFound(ctx),
    durable_objects: async () => ctx.metricStore.waiting().then(() => WELL),
    issuer: () => issuerFound(ctx),
    notifications: async () => {
      found.channels = await ctx.db.api.run(channelHealth, {});
      return channelsFound(found.channels);
    },
  };
  const probes = await Promise.all(
    (Object.keys(looks) as Component[]).map((component) => look(ctx, component, looks[component])),
  );
  return { probes, skewMs, channels: found.channels?.map(channelView) ?? null };
}

async function look(ctx: Probing, component: Component, find: () => Promise<Found>): Promise<Probe> {
  const { healthProbeMs } = ctx.settings;
  const began = ctx.now();
  const found = await inTime(find(), healthProbeMs).catch(
    (error): Found => ({ status: 'down', errorCode: codeOf(error) }),
  );
  const latencyMs = ctx.now() - began;
  const isSlow = found.status === 'ok' && latencyMs >= healthProbeMs * SLOW;
  return { component, latencyMs, ...(isSlow ? { status: 'degraded', errorCode: 'slow' } : found) };
}

/** What an error says of itself may name hosts and databases: only which kind it is leaves here. */
function codeOf(error: unknown): HealthError {
  if (!(error instanceof Error)) return 'failed';
  if (error.name === 'TimeoutError' || error.name === 'AbortError' || /^no answer within/.test(error.message))
    return 'timeout';
  return /fetch failed|network|connect|ECONN|Timeout/i.test(error.message) ? 'unreachable' : 'failed';
}

async function queuesFound({ queues, now }: Probing): Promise<Found> {
  const metrics = await Promise.all(Object.values(queues).map((queue) => queue.metrics()));
  const isLate = metrics.some(({ backlogCount, oldestMessageTimestamp: oldest }) =>
    backlogCount > 0 && oldest ? now() - oldest.getTime() > BACKLOG_SECONDS * 1000 : false,
  );
  return isLate ? { status: 'degraded', errorCode: 'backlog' } : WELL;
}

async function issuerFound({ probes, settings }: Probing): Promise<Found> {
  const keys = await probes.issuer(settings.healthProbeMs);
  if (keys === 'fresh') return WELL;
  return keys === 'stale' ? { status: 'degraded', errorCode: 'stale_keys' } : { status: 'down', errorCode: 'no_keys' };
}

/** Somebody has switched a channel off on purpose: nothing is wrong then. */
const statusOf = ({ enabled, failing_since: failing, disabled_reason: reason }: ChannelHealth): Status =>
  enabled ? (failing === null ? 'ok' : 'degraded') : reason === null || reason === 'by_admin' ? 'ok' : 'down';

function channelsFound(channels: readonly ChannelHealth[]): Found {
  const statuses = channels.map(statusOf);
  // One channel that fails is no outage of Steward's.
  if (statuses.includes('down')) return { status: 'degraded', errorCode: 'channel_disabled' };
  return statuses.includes('degraded') ? { status: 'degraded', errorCode: 'channel_failing' } : WELL;
}

const textOf = (instant: Date | string | null) => (instant === null ? null : new Date(instant).toISOString());

const channelView = (channel: ChannelHealth): ChannelView => ({
  id: channel.id,
  name: channel.name,
  type: channel.type,
  status: statusOf(channel),
  since: textOf(channel.failing_since),
  lastErrorCode: channel.last_error,
  lastDeliveredAt: textOf(channel.last_delivered_at),
});
