import { DurableObject } from 'cloudflare:workers';
import { v7 } from 'uuid';
import {
  type Change,
  judge,
  RULES,
  type Rule,
  type Sample,
  type Severity,
  type Standing,
} from '../domain/observability/rules.ts';
import {
  afterProbe,
  type ComponentState,
  type Day,
  type Incident,
  type News,
  type Probe,
  type StatusReport,
} from '../domain/observability/status.ts';

const DAYS = 90;
const DAY_MS = 86_400_000;
/** Closed incidents in a report, and how long they are kept. */
const RECENT = 50;

const dayOf = (ms: number) => new Date(ms).toISOString().slice(0, 10);

/** What a look of the clock brings. */
export interface Look {
  /** One for each minute: a look that is reported twice counts once. Seconds since the epoch. */
  minute: number;
  probes: readonly Probe[];
  sample: Sample;
  skewMs: StatusReport['skewMs'];
}

type IncidentRow = {
  id: string;
  rule: string;
  subject: string;
  severity: string;
  opened_at: number;
  closed_at: number | null;
};

/**
 * One object for the whole deployment: how its parts are, since when, and what was wrong before.
 *
 * Not in Postgres, because Postgres is one of the parts.
 */
export class StatusLog extends DurableObject {
  #ready = false;

  get #sql(): SqlStorage {
    const { sql } = this.ctx.storage;
    if (!this.#ready) {
      sql.exec(`CREATE TABLE IF NOT EXISTS components (component TEXT PRIMARY KEY, state TEXT NOT NULL);
        CREATE TABLE IF NOT EXISTS days (component TEXT, day TEXT, ok INTEGER NOT NULL, degraded INTEGER NOT NULL,
          down INTEGER NOT NULL, PRIMARY KEY (component, day));
        CREATE TABLE IF NOT EXISTS incidents (id TEXT PRIMARY KEY, rule TEXT NOT NULL, subject TEXT NOT NULL,
          severity TEXT NOT NULL, opened_at INTEGER NOT NULL, closed_at INTEGER, told_opened INTEGER NOT NULL DEFAULT 0,
          told_closed INTEGER NOT NULL DEFAULT 0);
        CREATE TABLE IF NOT EXISTS notes (name TEXT PRIMARY KEY, value TEXT NOT NULL)`);
      this.#ready = true;
    }
    return sql;
  }

  /** From whoever has just looked. */
  async observe(probes: readonly Probe[]): Promise<StatusReport> {
    this.ctx.storage.transactionSync(() => this.#observe(probes));
    return this.#report();
  }

  async report(): Promise<StatusReport> {
    return this.#report();
  }

  /** From the clock, before it looks. False: this minute, or a later one, was looked at already. Seconds since the epoch. */
  async begin(minute: number): Promise<boolean> {
    if (Number(this.#note('begun') ?? 0) >= minute) return false;
    this.#keep('begun', String(minute));
    return true;
  }

  /** From the clock: counts the minute and judges. @returns what nobody has been told of for certain */
  async look({ minute, probes, sample, skewMs }: Look): Promise<News[]> {
    this.ctx.storage.transactionSync(() => {
      if (Number(this.#note('minute') ?? 0) >= minute) return;
      this.#keep('minute', String(minute));
      this.#keep('skew', JSON.stringify(skewMs));
      this.#observe(probes);
      for (const probe of probes) this.#countMinute(probe, dayOf(minute * 1000));
      this.#judge(sample);
      const oldest = dayOf(Date.now() - DAYS * DAY_MS);
      this.#sql.exec('DELETE FROM days WHERE day <= ?', oldest);
      this.#sql.exec('DELETE FROM incidents WHERE closed_at < ?', Date.now() - DAYS * DAY_MS);
    });
    return this.#news();
  }

  /** Somebody has been told. */
  async told(id: string, happened: News['happened']): Promise<void> {
    this.#sql.exec(`UPDATE incidents SET told_${happened === 'opened' ? 'opened' : 'closed'} = 1 WHERE id = ?`, id);
  }

  /** Of the last 90 days, oldest first; a day nobody looked at is absent. */
  async days(): Promise<Day[]> {
    const rows = this.#sql.exec('SELECT component, day, ok, degraded, down FROM days ORDER BY day, component');
    return [...rows] as unknown as Day[];
  }

  #observe(probes: readonly Probe[]): void {
    const known = new Map(this.#components().map((state) => [state.component, state]));
    for (const probe of probes) {
      const state = afterProbe(known.get(probe.component), probe, Date.now());
      this.#sql.exec('INSERT OR REPLACE INTO components VALUES (?, ?)', probe.component, JSON.stringify(state));
    }
  }

  #countMinute({ component, status }: Probe, day: string): void {
    const [ok, degraded, down] = [status === 'ok', status === 'degraded', status === 'down'].map(Number);
    this.#sql.exec(
      `INSERT INTO days VALUES (?, ?, ?, ?, ?) ON CONFLICT (component, day)
        DO UPDATE SET ok = ok + excluded.ok, degraded = degraded + excluded.degraded, down = down + excluded.down`,
      ...[component, day, ok, degraded, down],
    );
  }

  #judge(sample: Sample): void {
    const before = JSON.parse(this.#note('standings') ?? '[]') as Standing[];
    const last = JSON.parse(this.#note('sample') ?? 'null') as Sample | null;
    const { standings, changes } = judge(before, sample, last);
    this.#keep('standings', JSON.stringify(standings));
    this.#keep('sample', JSON.stringify(sample));
    for (const change of changes) this.#change(change);
  }

  #change({ rule, subject, open }: Change): void {
    const now = Date.now();
    if (open) {
      const { severity } = RULES[rule];
      this.#sql.exec(
        'INSERT INTO incidents (id, rule, subject, severity, opened_at) VALUES (?, ?, ?, ?, ?)',
        ...[v7(), rule, subject, severity, now],
      );
    } else
      this.#sql.exec(
        'UPDATE incidents SET closed_at = ? WHERE rule = ? AND subject = ? AND closed_at IS NULL',
        ...[now, rule, subject],
      );
  }

  #news(): News[] {
    const rows = this.#sql.exec<IncidentRow & { told_opened: number }>(
      `SELECT * FROM incidents WHERE told_opened = 0 OR (closed_at IS NOT NULL AND told_closed = 0) ORDER BY opened_at`,
    );
    return [...rows].flatMap((row) => {
      const incident = incidentOf(row);
      const opened: News[] =
        row.told_opened === 0 ? [{ incident: { ...incident, closedAt: null }, happened: 'opened' }] : [];
      return incident.closedAt === null ? opened : [...opened, { incident, happened: 'closed' as const }];
    });
  }

  #components(): ComponentState[] {
    const rows = this.#sql.exec<{ state: string }>('SELECT state FROM components ORDER BY component');
    return [...rows].map(({ state }) => JSON.parse(state) as ComponentState);
  }

  #report(): StatusReport {
    const rows = this.#sql.exec<IncidentRow>(
      `SELECT id, rule, subject, severity, opened_at, closed_at FROM incidents WHERE closed_at IS NULL
        UNION ALL SELECT * FROM (SELECT id, rule, subject, severity, opened_at, closed_at FROM incidents
          WHERE closed_at IS NOT NULL ORDER BY closed_at DESC LIMIT ?) ORDER BY opened_at DESC`,
      RECENT,
    );
    return {
      components: this.#components(),
      incidents: [...rows].map(incidentOf),
      skewMs: JSON.parse(this.#note('skew') ?? '{}'),
    };
  }

  #note(name: string): string | undefined {
    const [row] = this.#sql.exec<{ value: string }>('SELECT value FROM notes WHERE name = ?', name);
    return row?.value;
  }

  #keep(name: string, value: string): void {
    this.#sql.exec('INSERT OR REPLACE INTO notes VALUES (?, ?)', name, value);
  }
}

const incidentOf = ({ opened_at: openedAt, closed_at: closedAt, rule, severity, ...row }: IncidentRow): Incident => ({
  id: row.id,
  rule: rule as Rule,
  subject: row.subject,
  severity: severity as Severity,
  openedAt,
  closedAt,
});
