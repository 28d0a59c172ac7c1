import { byPlace, type Row, type Table } from './audit-rows.ts';

export type Kind = 'ui-event' | 'api-call' | 'audit';

/** What one row says of a session. Times are UTC text. */
export interface Fact {
  session: string;
  actor: string;
  email: string;
  role: string;
  service: string;
  at: string;
  address: string;
  agent: string;
  kind?: 'browser' | 'token';
  signedIn?: string;
  signedOut?: string;
  revoked?: string;
  counts: Partial<Counts>;
}

interface Counts {
  uiEvents: number;
  apiCalls: number;
  apiErrors: number;
  auditRecords: number;
  changes: number;
  denials: number;
}

/** A row of a session's timeline. */
export interface Kept {
  kind: Kind;
  id: string;
  at: string;
  session: string;
  service: string;
}

export interface Actor {
  id: string;
  email: string;
  role: string;
}

export interface Model {
  sessions: string[];
  actors: Actor[];
  facts: Fact[];
  kept: Kept[];
  rows: Record<Table, Row[]>;
}

const last = <T>(facts: readonly Fact[], value: (fact: Fact) => T) =>
  facts.toSorted((a, b) => (a.at < b.at ? 1 : -1)).map(value)[0] as T;
const instant = (text: string | undefined) => (text === undefined ? null : `${text.replace(' ', 'T')}Z`);

export interface SessionFilter {
  from: string;
  to: string;
  actorId?: string | undefined;
  actorEmail?: string | undefined;
  serviceId?: string | undefined;
  ended?: 'true' | 'false' | undefined;
}

/** The answer of GET /v1/audit/sessions over the whole model. @param readable the caller's services; null = all and none */
export function sessionsIn(model: Model, filter: SessionFilter, readable: readonly string[] | null) {
  const groups = Map.groupBy(
    model.facts.filter(({ service }) => readable === null || readable.includes(service)),
    ({ session, actor }) => `${actor} ${session}`,
  );
  return [...groups.values()]
    .flatMap((facts) => {
      const asked = facts.filter(({ service }) => filter.serviceId === undefined || service === filter.serviceId);
      return asked.length === 0 ? [] : [viewOf(facts, asked)];
    })
    .filter(
      (view) =>
        (view.startedAt ?? '') >= filter.from &&
        (view.startedAt ?? '') <= filter.to &&
        (filter.actorId === undefined || view.actorId === filter.actorId) &&
        (filter.actorEmail === undefined || view.actorEmail === filter.actorEmail.toLowerCase()) &&
        (filter.ended === undefined || (view.endedAt !== null) === (filter.ended === 'true')),
    )
    .sort((a, b) => ((a.startedAt ?? '') < (b.startedAt ?? '') ? 1 : -1));
}

function viewOf(facts: readonly Fact[], asked: readonly Fact[]) {
  const times = asked.map(({ at }) => at).sort();
  const sum = (name: keyof Counts) => asked.reduce((total, { counts }) => total + (counts[name] ?? 0), 0);
  const [signedOut, revoked] = (['signedOut', 'revoked'] as const).map(
    (name) => facts.find((fact) => fact[name])?.[name],
  );
  return {
    id: facts[0]?.session,
    actorId: facts[0]?.actor,
    actorEmail: last(facts, ({ email }) => email),
    actorRole:
      last(
        facts.filter(({ role }) => role !== ''),
        ({ role }) => role,
      ) ?? '',
    kind: facts.find(({ kind }) => kind)?.kind ?? null,
    startedAt: instant(times[0]),
    lastSeenAt: instant(times.at(-1)),
    signedInAt: instant(facts.find(({ signedIn }) => signedIn)?.signedIn),
    endedAt: instant(signedOut ?? revoked),
    end: signedOut ? 'signed-out' : revoked ? 'revoked' : null,
    ipAddress: last(facts, ({ address }) => address),
    userAgent:
      last(
        facts.filter(({ agent }) => agent !== ''),
        ({ agent }) => agent,
      ) ?? '',
    counts: {
      uiEvents: sum('uiEvents'),
      apiCalls: sum('apiCalls'),
      apiErrors: sum('apiErrors'),
      auditRecords: sum('auditRecords'),
      changes: sum('changes'),
      denials: sum('denials'),
    },
  };
}

/** One that was only ever ended by somebody else is known, with nothing in it. */
export const isKnown = ({ facts }: Model, session: string, readable: readonly string[] | null): boolean =>
  facts.some((each) => each.session === session && (readable === null || readable.includes(each.service)));

/** The rows of a session's timeline in order. */
export const timelineIn = ({ kept }: Model, session: string, readable: readonly string[] | null): Kept[] =>
  kept
    .filter((each) => each.session === session && (readable === null || readable.includes(each.service)))
    .sort((a, b) => byPlace({ timestamp: a.at, id: a.id }, { timestamp: b.at, id: b.id }));
