import type { Component } from './metrics.ts';
import type { Rule, Severity } from './rules.ts';

export const STATUSES = ['ok', 'degraded', 'down'] as const;
export type Status = (typeof STATUSES)[number];

/** Why a component is not ok. None of these says where it is or what it is called. */
export const HEALTH_ERRORS = [
  'timeout',
  'unreachable',
  'failed',
  'slow',
  'backlog',
  'stale_keys',
  'no_keys',
  'channel_failing',
  'channel_disabled',
] as const;
export type HealthError = (typeof HEALTH_ERRORS)[number];

/** What one look at a component found. */
export interface Probe {
  component: Component;
  status: Status;
  /** Milliseconds. */
  latencyMs: number;
  errorCode: HealthError | null;
}

/** A component as it is known. Instants are milliseconds since the epoch. */
export interface ComponentState extends Probe {
  /** Of this status. */
  since: number;
  checkedAt: number;
  lastError: { code: HealthError; at: number } | null;
}

export interface Incident {
  id: string;
  rule: Rule;
  /** A component or a queue, by a name of a closed list; '' where the rule is about everything. */
  subject: string;
  severity: Severity;
  openedAt: number;
  closedAt: number | null;
}

/** An incident that has opened or closed and of which nobody has been told for certain. */
export interface News {
  incident: Incident;
  happened: 'opened' | 'closed';
}

/** A day of a component, in minutes that were looked at. */
export interface Day {
  component: Component;
  /** UTC, as 2026-11-22. */
  day: string;
  ok: number;
  degraded: number;
  down: number;
}

/** What the status log knows without being told anything new. */
export interface StatusReport {
  components: ComponentState[];
  /** The open ones, and those closed last; newest first. */
  incidents: Incident[];
  /** How far a database's clock is ahead of ours, milliseconds. */
  skewMs: Partial<Record<'postgres' | 'clickhouse', number>>;
}

/** The worst of them. */
export const worst = (all: readonly Status[]): Status =>
  STATUSES[Math.max(0, ...all.map((status) => STATUSES.indexOf(status)))] as Status;

/** What is known after a look, from what was known before it. */
export function afterProbe(before: ComponentState | undefined, probe: Probe, now: number): ComponentState {
  return {
    ...probe,
    since: before && before.status === probe.status ? before.since : now,
    checkedAt: now,
    lastError: probe.errorCode ? { code: probe.errorCode, at: now } : (before?.lastError ?? null),
  };
}
