import { randomUUID } from 'node:crypto';
import { byPlace, DAY_MS, maybe, NO_SERVICE, ownDays, pick, type Row, row } from './audit-rows.ts';
import { random } from './random.ts';

/** Audit records of a test file's own, and what any filter must find among them, as a list in memory tells it. */

const ACTIONS = ['service.config.update', 'service.feature.update', 'services.x', 'export.request', 'admin.update'];
const RESOURCES = ['service_config', 'service_feature', 'export', 'admin'];
const OUTCOMES = ['success', 'success', 'denied', 'failure'];
const WORDS = [
  'Zebra',
  'pump',
  'Größe',
  'ΟΔΟΣ',
  '中文字',
  'checkout',
  'v2',
  'naïve',
  'Straße',
  'a_b',
  'TICKET-77',
  'x@example.com',
];
/** What may stand between words. */
const BETWEEN = [' ', '\n', '\t', ', ', ' — ', '“', '”', '\\', '/', '…', '。', '\u00a0', '"', ': '];

/** What can be left out as well as asked for. */
const BOTH_WAYS = [
  'actorId',
  'actorEmail',
  'action',
  'resource',
  'resourceId',
  'serviceId',
  'outcome',
  'traceId',
  'requestId',
  'sessionId',
] as const;
type BothWays = (typeof BOTH_WAYS)[number];
const without = (name: BothWays) => `not${name[0]?.toUpperCase()}${name.slice(1)}` as `not${Capitalize<BothWays>}`;
export const FILTERS = [...BOTH_WAYS, 'q', ...BOTH_WAYS.map(without)] as const;

export type Filter = { [Name in BothWays | 'q']?: string | undefined } & {
  [Name in `not${Capitalize<BothWays>}`]?: string[] | undefined;
} & { from: string; to: string };

const iso = (ms: number) => new Date(ms).toISOString();

/** @param n which days, @param days how many of them, at most 80 */
export function auditModel(services: readonly string[], n: number, days: number) {
  const begin = ownDays(n) + 10 * DAY_MS;
  const actors = [1, 2, 3].map((i) => ({
    actor_id: randomUUID(),
    actor_email: `actor${i}-${randomUUID()}@example.com`,
    actor_role: 'operator',
  }));
  const shared = `both-${randomUUID()}@example.com`;
  const ids = Array.from({ length: 6 }, () => randomUUID());
  const sessions = [randomUUID(), randomUUID()];
  const traces = [randomUUID().replaceAll('-', ''), ''];
  const requests = [randomUUID(), randomUUID()];
  const anyTime = () => begin + Math.floor(random() * days * DAY_MS);
  const text = (words: number) => Array.from({ length: words }, () => pick(WORDS) + pick(BETWEEN)).join('');
  const state = () =>
    random() < 0.2 ? '' : JSON.stringify({ note: text(2), nested: [{ enabled: true, [pick(WORDS)]: 7 }, null] });

  const record = (ms = anyTime(), more: Record<string, string | number> = {}): Row =>
    row(ms, {
      ...pick(actors),
      // One address that two admins had.
      ...(random() < 0.1 && { actor_email: shared }),
      action: pick(ACTIONS),
      resource: pick(RESOURCES),
      resource_id: pick(ids),
      service_id: pick([...services, NO_SERVICE]),
      outcome: pick(OUTCOMES),
      before_state: state(),
      after_state: state(),
      reason: random() < 0.5 ? text(1) : '',
      session_id: pick(sessions),
      trace_id: pick(traces),
      request_id: pick(requests),
      ...more,
    });

  const someFilter = (often = 0.2): Filter => {
    const [a, b] = [anyTime(), anyTime()];
    const emails = [...actors.map(({ actor_email }) => actor_email), shared];
    const leftOut = {
      notActorId: () => pick(actors).actor_id,
      notActorEmail: () => pick([...emails, pick(emails).toUpperCase()]),
      notAction: () => pick([...ACTIONS, 'service.feature.*', 'services.*', 'nothing.*']),
      notResource: () => pick(RESOURCES),
      notResourceId: () => pick(ids),
      notServiceId: () => pick([...services, NO_SERVICE]),
      notOutcome: () => pick(OUTCOMES),
      notTraceId: () => traces[0] ?? '',
      notRequestId: () => pick(requests),
      notSessionId: () => pick(sessions),
    };
    const some = (one: () => string) => Array.from({ length: pick([1, 1, 2, 3]) }, one);
    const exclusions = Object.entries(leftOut).map(([name, one]) => [name, maybe(some(one), often / 3)]);
    return {
      ...(Object.fromEntries(exclusions) as Partial<Filter>),
      actorId: maybe(pick([...actors.map(({ actor_id }) => actor_id), randomUUID()]), often),
      actorEmail: maybe(pick([...emails, pick(emails).toUpperCase(), 'nobody@example.com']), often),
      action: maybe(pick([...ACTIONS, 'service.*', 'service.feature.*', 'nothing.*']), often),
      resource: maybe(pick(RESOURCES), often),
      resourceId: maybe(pick(ids), often),
      outcome: maybe(pick(OUTCOMES), often),
      traceId: maybe(traces[0] ?? '', often / 2),
      requestId: maybe(pick(requests), often / 2),
      sessionId: maybe(pick(sessions), often / 2),
      q: maybe(pick([text(1), `${text(1)} ${text(1)}`, 'enabled true', 'neverwritten', 'ZEBRA']).trim(), often),
      serviceId: maybe(pick([...services.slice(0, 2), NO_SERVICE]), often),
      ...(random() < 0.5
        ? { from: iso(begin), to: iso(begin + days * DAY_MS) }
        : { from: iso(Math.min(a, b)), to: iso(Math.max(a, b)) }),
    };
  };
  return { begin, whole: { from: iso(begin), to: iso(begin + days * DAY_MS) }, record, someFilter, anyTime };
}

/** Everything that is written in a state: keys, texts, numbers, literals. */
function textsIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [String(value)];
  return Object.entries(value).flatMap(([key, inner]) => [Array.isArray(value) ? '' : key, ...textsIn(inner)]);
}

const wordsIn = (texts: readonly string[]) =>
  texts.flatMap((text) => text.toLowerCase().split(/[^\p{L}\p{N}\p{M}]+/u)).filter((word) => word !== '');

function hasWords(each: Row, q: string): boolean {
  const states = [each.before_state, each.after_state].filter((json) => json !== '');
  const all = new Set(wordsIn([...states.flatMap((json) => textsIn(JSON.parse(String(json)))), String(each.reason)]));
  return wordsIn([q]).every((word) => all.has(word));
}

/** The records a filter finds, newest first. @param readable the services whose records may be read; null = all */
export function expected(stored: readonly Row[], filter: Filter, readable: readonly string[] | null): Row[] {
  const is = (wanted: string | undefined, value: unknown) => wanted === undefined || value === wanted;
  const acts = (wanted: string | undefined, action: string) =>
    wanted?.endsWith('.*') ? action.startsWith(wanted.slice(0, -1)) : is(wanted, action);
  const none = (unwanted: string[] | undefined, value: unknown) => !unwanted?.some((each) => is(each, value));
  return stored
    .filter(
      (each) =>
        (readable === null || readable.includes(each.service_id)) &&
        is(filter.actorId, each.actor_id) &&
        is(filter.actorEmail?.toLowerCase(), each.actor_email) &&
        acts(filter.action, String(each.action)) &&
        is(filter.resource, each.resource) &&
        is(filter.resourceId, each.resource_id) &&
        is(filter.outcome, each.outcome) &&
        is(filter.traceId, each.trace_id) &&
        is(filter.requestId, each.request_id) &&
        is(filter.sessionId, each.session_id) &&
        is(filter.serviceId, each.service_id) &&
        none(filter.notActorId, each.actor_id) &&
        none(
          filter.notActorEmail?.map((email) => email.toLowerCase()),
          each.actor_email,
        ) &&
        !filter.notAction?.some((action) => acts(action, String(each.action))) &&
        none(filter.notResource, each.resource) &&
        none(filter.notResourceId, each.resource_id) &&
        none(filter.notServiceId, each.service_id) &&
        none(filter.notOutcome, each.outcome) &&
        none(filter.notTraceId, each.trace_id) &&
        none(filter.notRequestId, each.request_id) &&
        none(filter.notSessionId, each.session_id) &&
        (filter.q === undefined || hasWords(each, filter.q)) &&
        `${each.timestamp.replace(' ', 'T')}Z` >= filter.from &&
        `${each.timestamp.replace(' ', 'T')}Z` <= filter.to,
    )
    .sort((a, b) => -byPlace(a, b));
}
