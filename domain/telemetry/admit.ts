import { MAX_ATTRIBUTES, MAX_EVENTS } from './otlp-limits.ts';
import type { Attributes, Group, LogRecord, Span, Telemetry } from './otlp-model.ts';

/** The records of a request that are not taken while the others are: OTLP's partial success. */
export interface Refused {
  count: number;
  /** Why, in English; '' for none. */
  reason: string;
}

const has = (attributes: Attributes) => Object.keys(attributes).length;
const TOO_MANY = `more than ${MAX_ATTRIBUTES} attributes`;

const faultOfLog = ({ attributes }: LogRecord) => (has(attributes) > MAX_ATTRIBUTES ? TOO_MANY : null);

function faultOfSpan({ traceId, spanId, attributes, events }: Span): string | null {
  if (traceId === '' || spanId === '') return 'no valid trace id and span id';
  const isLarge = has(attributes) > MAX_ATTRIBUTES || events.some((event) => has(event.attributes) > MAX_ATTRIBUTES);
  return isLarge ? TOO_MANY : null;
}

/** What of a request is taken. A log record makes one event; a span makes one and another for each of its own events. */
export function admit(telemetry: Telemetry): { telemetry: Telemetry; refused: Refused } {
  const { signal } = telemetry;
  const counts = new Map<string, number>();
  const taken: Telemetry =
    signal === 'logs'
      ? { signal, groups: sift(telemetry.groups, counts, faultOfLog, () => 1) }
      : { signal, groups: sift(telemetry.groups, counts, faultOfSpan, ({ events }) => 1 + events.length) };
  return { telemetry: taken, refused: summed(counts) };
}

function sift<Item>(
  groups: readonly Group<Item>[],
  counts: Map<string, number>,
  faultOf: (item: Item) => string | null,
  eventsOf: (item: Item) => number,
): Group<Item>[] {
  let room = MAX_EVENTS;
  const take = (item: Item) => {
    const fault = faultOf(item) ?? (eventsOf(item) > room ? `more than ${MAX_EVENTS} events in one request` : null);
    if (fault === null) room -= eventsOf(item);
    else counts.set(fault, (counts.get(fault) ?? 0) + 1);
    return fault === null;
  };
  return groups.map((group) => ({ ...group, items: group.items.filter(take) })).filter(({ items }) => items.length > 0);
}

function summed(counts: ReadonlyMap<string, number>): Refused {
  const reasons = [...counts].map(([fault, count]) => `${count} with ${fault}`);
  return {
    count: [...counts.values()].reduce((sum, count) => sum + count, 0),
    reason: reasons.length > 0 ? `Not taken: ${reasons.join('; ')}.` : '',
  };
}
