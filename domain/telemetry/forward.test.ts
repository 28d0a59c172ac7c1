import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { forwardMessage } from '../../queues/messages.ts';
import { bytesOf } from './clip.ts';
import { requestsOf } from './forward.ts';
import { decodeJson } from './otlp-json.ts';
import {
  type Attributes,
  type LogRecord,
  newGroup,
  newLogRecord,
  newSpan,
  newSpanEvent,
  type Telemetry,
} from './otlp-model.ts';
import { telemetry as anyTelemetry } from './otlp-testing.ts';

const decoded = (request: unknown, signal: Telemetry['signal']) =>
  decodeJson(signal, new TextEncoder().encode(JSON.stringify(request)));
const asMessage = (signal: Telemetry['signal'], request: Record<string, unknown>) =>
  forwardMessage.parse({ v: 1, kind: 'telemetry.forward', signal, request });
const withItems = (telemetry: Telemetry) => telemetry.groups.filter(({ items }) => items.length > 0);

describe('requests to forward', () => {
  it('hold everything once, in its order, and nothing else', () => {
    fc.assert(
      fc.property(anyTelemetry, (each) => {
        const requests = requestsOf(each);
        const groups = requests.flatMap<unknown>(
          (request) => decoded(asMessage(each.signal, request).request, each.signal).groups,
        );
        expect(groups).toEqual(withItems(each));
      }),
      { seed: 20_261_122, numRuns: 200 },
    );
  });

  it('are split so that each fits into a message', () => {
    const item = (i: number): LogRecord => ({
      ...newLogRecord(),
      eventName: `e${i}`,
      body: 'x'.repeat((i * 7919) % 14_000),
    });
    const group = (n: number, from: number) => ({
      ...newGroup<LogRecord>({ 'service.name': 'r'.repeat(4000) }),
      items: Array.from({ length: n }, (_, i) => item(from + i)),
    });
    const each = { signal: 'logs' as const, groups: [group(200, 0), group(0, 0), group(3, 200), group(50, 203)] };
    const requests = requestsOf(each);
    expect(requests.length).toBeGreaterThan(5);
    for (const request of requests) expect(bytesOf(asMessage('logs', request))).toBeLessThan(127_000);
    const names = requests.flatMap((request) =>
      (decoded(request, 'logs') as { groups: { items: LogRecord[] }[] }).groups.flatMap(({ items }) =>
        items.map(({ eventName }) => eventName),
      ),
    );
    expect(names).toEqual(Array.from({ length: 253 }, (_, i) => `e${i}`));
  });

  it('go without the attributes that do not fit, and count them', () => {
    const numbers: Attributes = {
      list: Array.from({ length: 5000 }, () => 1),
      other: Array.from({ length: 4000 }, () => 2),
    };
    const group = newGroup<LogRecord>({});
    const [request] = requestsOf({
      signal: 'logs',
      groups: [{ ...group, items: [{ ...newLogRecord(), attributes: numbers, body: 'b' }] }],
    });
    expect(decoded(request, 'logs').groups[0]?.items[0]).toMatchObject({
      attributes: {},
      body: null,
      droppedAttributes: 2,
    });
    const events = Array.from({ length: 3000 }, () => ({ ...newSpanEvent(), name: 'an event of a span' }));
    const traces = requestsOf({
      signal: 'traces',
      groups: [{ ...newGroup(numbers), items: [{ ...newSpan(), events }] }],
    });
    expect(traces).toHaveLength(1);
    expect(bytesOf(traces[0])).toBeLessThan(110_000);
    expect(decoded(traces[0], 'traces').groups[0]).toMatchObject({
      resource: {},
      items: [{ events: [], droppedEvents: 3000 }],
    });
  });
});
