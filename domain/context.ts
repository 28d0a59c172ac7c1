import type { ClickHouse } from '../clickhouse/client.ts';
import type { Database } from '../drizzle/client.ts';
import type {
  AuditOutboxMessage,
  EventsMessage,
  ExportMessage,
  ForwardMessage,
  NotificationMessage,
  OperationMessage,
} from '../queues/messages.ts';
import type { Asked } from './access/guard-state.ts';
import type { KeyState } from './access/jwks.ts';
import type { KeysInUse, WrappedKey } from './access/key-ring.ts';
import type { KeyUse } from './access/key-wrap.ts';
import type { OpenIdProvider } from './access/openid-provider.ts';
import type { Permits, RateLimitAnswer, RateLimitPolicy } from './access/rate-limit.ts';
import type { KnownSession } from './access/standing.ts';
import type { Redactor } from './audit/redact.ts';
import type { FontSource } from './exports/documents/fonts.ts';
import type { Claimed, ClaimRequest } from './exports/one-time.ts';
import type { ExportSnapshot } from './exports/progress.ts';
import type { TurnLimits } from './exports/turns.ts';
import type { Mail } from './notifications/mail.ts';
import type { ChannelSecrets } from './notifications/secrets.ts';
import type { HealthMemory } from './observability/health.ts';
import type { Measures, MetricBatch, MetricPack } from './observability/meter.ts';
import type { Point } from './observability/metrics.ts';
import type { Sample } from './observability/rules.ts';
import type { Day, News, Probe, StatusReport } from './observability/status.ts';
import type { ApprovalTerms } from './operations/approval-terms.ts';
import type { Lease } from './operations/lease.ts';
import type { OperationSnapshot } from './operations/progress.ts';
import type { Risk } from './operations/schema.ts';
import type { RunFeeds } from './progress/run-kind.ts';
import type { ForwardTarget } from './telemetry/forward.ts';

/** Who asks, taken from a verified token. */
export interface Principal {
  subject: string;
  sessionId: string;
  /** Seconds. */
  issuedAt: number;
  /** Seconds. */
  expiresAt: number;
}

/** Where a request comes from: goes into every audit record. */
export interface Origin {
  requestId: string;
  traceId: string;
  /** What calls to the stores say of the trace (W3C Trace Context). */
  traceparent: string;
  /** Anonymised: IPv4 /24, IPv6 /48. */
  ipAddress: string;
  /** Redacted. */
  userAgent: string;
}

/** What an admin's guard says when a request comes in. */
export interface Entry extends Asked {
  /** null when no policy was given. */
  permits: Permits | null;
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

type LogLine = (msg: string, fields?: Readonly<Record<string, unknown>>) => void;

/** Fields of a log's line that hold numbers, words of closed lists and ids that were checked: nothing that came with a request. */
export type OwnWords = Readonly<Record<string, string | number>>;

/** One line an event. Fields are redacted. */
export interface Log extends Record<LogLevel, LogLine> {
  /** For the lines that there are of every request: `fields` are written as they are, which takes an eighth of the time. */
  brief(level: LogLevel, msg: string, fields: OwnWords): void;
}

/** Everything one invocation may use. Built by workers/context.ts and nowhere else. */
export interface Context {
  origin: Origin;
  /** One connection a database role: what a role may not do, the code that holds it cannot do either. */
  db: { api: Database; exporter: Database; drainer: Database };
  clickhouse: { reader: ClickHouse; writer: ClickHouse; keeper: ClickHouse };
  bucket: R2Bucket;
  queues: {
    auditOutbox: Queue<AuditOutboxMessage>;
    auditEvents: Queue<EventsMessage>;
    telemetryForward: Queue<ForwardMessage>;
    exports: Queue<ExportMessage>;
    notifications: Queue<NotificationMessage>;
    operations: Queue<OperationMessage>;
  };
  locks: {
    acquire(name: string, holder: string, leaseMs: number): Promise<Lease | null>;
    renew(name: string, token: number, leaseMs: number): Promise<boolean>;
    release(name: string, token: number): Promise<void>;
    isHeld(name: string): Promise<boolean>;
  };
  limits: { take(key: string, policy: RateLimitPolicy): Promise<RateLimitAnswer> };
  /** One list for all exports; see domain/exports/turns.ts. */
  exportTurns: {
    arrive(exportId: string, adminId: string): Promise<void>;
    enter(exportId: string, adminId: string, limits: TurnLimits, leaseMs: number): Promise<{ granted: boolean }>;
    goOn(
      exportId: string,
      adminId: string,
      limits: TurnLimits,
      leaseMs: number,
    ): Promise<{ held: boolean; yield: boolean }>;
    /** `comesBack`: a message is under way for it; `unserved`: it could not use its turn. */
    leave(exportId: string, comesBack?: boolean | 'unserved'): Promise<void>;
    withdraw(exportId: string): Promise<void>;
  };
  /** One object an export. */
  exportRuns: RunFeeds<ExportSnapshot> & {
    /** A one-time link is used; a call that fails must refuse the download. */
    claim(exportId: string, nonce: string, request: ClaimRequest): Promise<Claimed>;
  };
  /** One object an operation. */
  operationRuns: RunFeeds<OperationSnapshot>;
  /** What happens here is counted. */
  meter: Measures & {
    /** Hands over what was counted. Never rejects. */
    send(ctx: Pick<Context, 'later' | 'log' | 'metricStore' | 'newId' | 'now'>): Promise<void>;
  };
  /** One object for the deployment: what its isolates counted. See domain/observability/meter.ts. */
  metricStore: {
    add(pack: MetricPack): Promise<void>;
    /** JSON of points. */
    totals(): Promise<string>;
    freeze(ids: readonly string[], gauges: { minute: number; points: Point[] }): Promise<MetricBatch[]>;
    sent(id: string): Promise<void>;
    waiting(): Promise<number>;
  };
  /** One object for the deployment: how its parts are and were. */
  statusLog: {
    observe(probes: readonly Probe[]): Promise<StatusReport>;
    report(): Promise<StatusReport>;
    begin(minute: number): Promise<boolean>;
    look(look: {
      minute: number;
      probes: readonly Probe[];
      sample: Sample;
      skewMs: StatusReport['skewMs'];
    }): Promise<News[]>;
    told(id: string, happened: News['happened']): Promise<void>;
    days(): Promise<Day[]>;
  };
  /** Looks at what the rest of a Context has no call for. */
  probes: {
    cache(): Promise<unknown>;
    issuer(waitMs: number): Promise<KeyState>;
  };
  health: HealthMemory;
  /** One object an admin, by subject. A call that fails must refuse what it was asked for. */
  guards: {
    enter(subject: string, sessionId: string, policy: RateLimitPolicy | null): Promise<Entry>;
    learn(subject: string, ticket: string, sessionId: string, session: KnownSession): Promise<unknown>;
    /** Before and after a change of the admin's access; see domain/access/change-access.ts. */
    begin(subject: string, change: string): Promise<void>;
    end(subject: string, change: string): Promise<void>;
  };
  /** To be told of every committed change of what the gate decides by, before the change is answered. Never rejects. */
  gate: {
    changed(serviceId: string): Promise<void>;
    /** Takes away the copy that is kept for days without Postgres, too. */
    forget(serviceId: string): Promise<void>;
  };
  /** Static files of the deployment, such as fonts. */
  assets: FontSource;
  channelSecrets: ChannelSecrets;
  /** null: this deployment sends no e-mail. */
  mail: Mail | null;
  /** What signs links and seals cookies, and what verifies them; `named`: the key that a link or cookie names. @throws Unavailable */
  keys: {
    links(named?: string | null): Promise<KeysInUse>;
    cookies(named?: string | null): Promise<KeysInUse>;
    environmentIds(use: KeyUse): readonly string[];
    /** A new secret, wrapped: it cannot be seen. */
    wrapNew(use: KeyUse, id: string): Promise<WrappedKey>;
    /** Stored keys were changed here. */
    changed(): Promise<void>;
  };
  openId: OpenIdProvider;
  /** What came with a request passes here before it enters a record, a log or a message. */
  redact: Redactor;
  settings: {
    publicUrl: string;
    /** Which Steward this is among those that share a ClickHouse. */
    deployment: string;
    /** Of Steward itself; stands in what it makes. */
    version: string;
    sessionTtlSeconds: number;
    exportTtlSeconds: number;
    linkTtlSeconds: number;
    chunkBytes: number;
    /** After so many an export's run hands over to the next one: an invocation's time and subrequests are bounded. */
    chunksPerRun: number;
    exportLeaseMs: number;
    /** How many exports are at work at once. */
    exportTurns: TurnLimits;
    /** How long one insert of events may take, on either side. */
    eventsInsertMs: number;
    /** null: telemetry is not forwarded. */
    forwardTarget: ForwardTarget | null;
    operationLeaseMs: number;
    /** After so long an operation's run hands over to the next one. */
    operationRunMs: number;
    /** How many targets of an operation are changed in one statement, at most. */
    operationBatch: number;
    /** How much of the time a run of an operation works, in percent. */
    operationDuty: number;
    /** Whose word an operation needs, by its risk. */
    approvals: Readonly<Record<Risk, ApprovalTerms>>;
    /** How long a look at every component is shared. */
    healthShareMs: number;
    /** How long it waits for each. */
    healthProbeMs: number;
    /** How long a channel may take for one notification, its name's resolution included. */
    notifyTimeoutMs: number;
    /** DNS over HTTPS, with answers in JSON. */
    notifyResolverUrl: string;
    /** Origins that may be targets although they are not public; in development. */
    notifyPrivateTargets: readonly string[];
  };
  /** Milliseconds since the epoch. */
  now(): number;
  /** A UUIDv7. */
  newId(): string;
  /** Goes on after the answer; its failure is logged, never answered. */
  later(work: Promise<unknown>): void;
  log: Log;
}

/** A Context whose caller is signed in. */
export interface CallerContext extends Context {
  caller: Principal;
}
