import type { Context } from '../context.ts';
import { Unavailable } from '../errors.ts';
import { inTime } from '../gate/patience.ts';
import { type ComponentView, componentView } from './health.ts';
import { COMPONENTS, type Component, QUEUE_NAMES } from './metrics.ts';
import { RULES, type Rule, type Severity } from './rules.ts';
import { type Day, type Incident, type Status, worst } from './status.ts';

const DAYS = 90;
const DAY_MS = 86_400_000;
const LOG_MS = 2000;
/** The clock looks once a minute. */
const LATE_MS = 180_000;

export interface DayView {
  /** UTC. */
  day: string;
  /** The share of the looks at it that found it answering; null: nobody looked. */
  uptime: number | null;
  /** Looks, one a minute. */
  ok: number;
  degraded: number;
  down: number;
}

export interface IncidentView {
  id: string;
  rule: Rule;
  subject: string;
  /** What people call the subject. */
  title: string;
  severity: Severity;
  says: string;
  openedAt: string;
  closedAt: string | null;
}

export interface StatusView {
  status: Status;
  /** Of the clock's last look; null: there was none. */
  checkedAt: string | null;
  /** The clock has stood still for minutes: nobody knows how things are. */
  isStale: boolean;
  components: (ComponentView & { uptime: number | null; days: DayView[] })[];
  incidents: IncidentView[];
}

/** How everything is and was: components with 90 days, incidents that are open and the last that were. @throws Unavailable */
export async function readStatus(ctx: Pick<Context, 'statusLog' | 'now'>): Promise<StatusView> {
  const [report, days] = await inTime(Promise.all([ctx.statusLog.report(), ctx.statusLog.days()]), LOG_MS).catch(
    (error) => {
      throw new Unavailable('The status log cannot be read right now; ask GET /v1/system/health.', error);
    },
  );
  const open = report.incidents.filter(({ closedAt }) => closedAt === null);
  const checkedAt = Math.max(0, ...report.components.map((component) => component.checkedAt));
  const isStale = ctx.now() - checkedAt > LATE_MS;
  const known = Map.groupBy(days, ({ component }) => component);
  return {
    status: worst([
      ...report.components.map(({ status }) => status),
      // An incident that is open is not all well, whatever answers.
      ...(open.length > 0 || isStale ? (['degraded'] as const) : []),
    ]),
    checkedAt: checkedAt === 0 ? null : new Date(checkedAt).toISOString(),
    isStale,
    components: report.components.toSorted(inOrder).map((state) => {
      const own = lastDays(known.get(state.component) ?? [], ctx.now());
      return { ...componentView(state), uptime: uptimeOf(own), days: own };
    }),
    incidents: report.incidents.map(incidentView),
  };
}

export const incidentView = ({ openedAt, closedAt, ...incident }: Incident): IncidentView => ({
  ...incident,
  title: titleOf(incident.subject),
  says: RULES[incident.rule].says,
  openedAt: new Date(openedAt).toISOString(),
  closedAt: closedAt === null ? null : new Date(closedAt).toISOString(),
});

const inOrder = (a: { component: Component }, b: { component: Component }) =>
  COMPONENTS.indexOf(a.component) - COMPONENTS.indexOf(b.component);

function lastDays(known: readonly Day[], now: number): DayView[] {
  const byDay = new Map(known.map((day) => [day.day, day]));
  return Array.from({ length: DAYS }, (_, i) => {
    const day = new Date(now - (DAYS - 1 - i) * DAY_MS).toISOString().slice(0, 10);
    const { ok = 0, degraded = 0, down = 0 } = byDay.get(day) ?? {};
    return { day, ok, degraded, down, uptime: uptimeOf([{ ok, degraded, down }]) };
  });
}

/** Slow is not away. */
function uptimeOf(days: readonly Pick<Day, 'ok' | 'degraded' | 'down'>[]): number | null {
  let [up, all] = [0, 0];
  for (const { ok, degraded, down } of days) {
    up += ok + degraded;
    all += ok + degraded + down;
  }
  return all === 0 ? null : up / all;
}

/** What people call them. */
const COMPONENT_TITLES: Readonly<Record<Component, string>> = {
  postgres: 'Postgres',
  clickhouse: 'ClickHouse',
  cache: 'Cache (KV)',
  files: 'Files (R2)',
  queues: 'Queues',
  durable_objects: 'Durable Objects',
  issuer: 'Sign-in (issuer’s keys)',
  notifications: 'Notifications',
};

const QUEUES: ReadonlySet<string> = new Set(QUEUE_NAMES);

/** Of a component, or of an incident's subject. */
export function titleOf(subject: string): string {
  if (QUEUES.has(subject)) return `Queue ${subject}`;
  return COMPONENT_TITLES[subject as Component] ?? 'Steward';
}
