import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ApiLogRow, type EventsMessage, eventsMessage, type UiEventRow } from '../../queues/messages.ts';
import type { Context } from '../context.ts';
import { DomainError } from '../errors.ts';
import { acceptEvents } from './accept-events.ts';
import { boundedRow, CUT_MARK, FIELD_BYTES } from './pack-rows.ts';

fc.configureGlobal({ seed: 20_261_122, numRuns: 60 });

const encoder = new TextEncoder();
const bytesOf = (value: unknown) => encoder.encode(JSON.stringify(value)).length;
const ID = '0199aaaa-bbbb-7ccc-8ddd-eeeeffff0001';

const uiEvent = (more: Partial<UiEventRow> = {}): UiEventRow => ({
  id: ID,
  timestamp: '2026-11-22 08:41:01.123',
  session_id: 's-1',
  actor_id: ID,
  actor_email: 'a@example.com',
  actor_role: 'operator',
  event_type: 'app.widget.click',
  component_name: 'save',
  page_path: '/services',
  properties: '{}',
  user_agent: 'test',
  ip_address: '::ffff:203.0.113.0',
  service_id: ID,
  trace_id: '',
  span_id: '',
  ...more,
});

const apiLog = (more: Partial<ApiLogRow> = {}): ApiLogRow => ({
  id: ID,
  timestamp: '2026-11-22 08:41:01.123',
  trace_id: '',
  span_id: '',
  service_id: ID,
  endpoint: '/v1/admin/services/{id}',
  method: 'PATCH',
  status_code: 200,
  duration_ms: 12,
  actor_id: ID,
  actor_email: 'a@example.com',
  request_body: '',
  response_body: '',
  ip_address: '2001:db8:85a3::',
  actor_role: 'operator',
  session_id: 's-1',
  request_id: 'r-1',
  error_code: '',
  user_agent: 'test',
  ...more,
});

/** Takes what a queue takes, and counts as a queue counts; `failing` calls fail first, some of them after taking the messages. */
function fakeQueue(failing: readonly ('before' | 'after')[] = []) {
  const seen = { batches: [] as EventsMessage[][], errors: 0, ids: 0 };
  const failures = [...failing];
  const sendBatch = async (messages: Iterable<{ body: EventsMessage; contentType: string }>) => {
    const batch = [...messages];
    const failure = failures.shift();
    if (failure === 'before') throw new Error('queue away');
    expect(batch.map(({ contentType }) => contentType)).toEqual(batch.map(() => 'json'));
    expect(batch.length).toBeLessThanOrEqual(100);
    const sizes = batch.map(({ body }) => bytesOf(body));
    expect(Math.max(...sizes)).toBeLessThan(128_000 - 100);
    expect(sizes.reduce((sum, size) => sum + size + 100, 0)).toBeLessThanOrEqual(256_000);
    seen.batches.push(batch.map(({ body }) => structuredClone(body)));
    if (failure === 'after') throw new Error('reply lost');
  };
  const ctx = {
    queues: { auditEvents: { sendBatch } },
    newId: () => `0199aaaa-bbbb-7ccc-8ddd-${String(seen.ids++).padStart(12, '0')}`,
    now: () => 1_795_000_000_000,
    log: { info: () => undefined, error: () => void seen.errors++ },
  } as unknown as Pick<Context, 'queues' | 'newId' | 'now' | 'log'>;
  return { ctx, seen, messages: () => seen.batches.flat() };
}

// Texts that are worth more bytes than characters, and now and then one of tens of thousands.
const character = fc.constantFrom('a', ' ', '"', '\\', '\n', '\u0000', 'ß', '中', '👍', '\u2028', '\ud800');
const text = fc
  .tuple(fc.array(character, { maxLength: 30 }), fc.constantFrom(1, 1, 20, 200, 1000))
  .map(([characters, times]) => characters.join('').repeat(times));
const rows = {
  uiEvents: fc.array(fc.record({ page_path: text, properties: text, user_agent: text }).map(uiEvent), {
    maxLength: 60,
    size: 'max',
  }),
  apiLogs: fc.array(fc.record({ request_body: text, response_body: text, endpoint: text }).map(apiLog), {
    maxLength: 60,
    size: 'max',
  }),
};
const numbered = <Row extends { id: string }>(list: Row[]) =>
  list.map((row, n) => ({ ...row, id: `0199aaaa-0000-7000-8000-${String(n).padStart(12, '0')}` }));

describe('acceptEvents', () => {
  it('sends every row once, in order, in messages a queue takes and a consumer reads', async () => {
    let [sets, sent, most] = [0, 0, 0];
    await fc.assert(
      fc.asyncProperty(rows.uiEvents, rows.apiLogs, async (ui, api) => {
        const [uiEvents, apiLogs] = [numbered(ui), numbered(api)];
        const { ctx, messages } = fakeQueue();
        await acceptEvents(ctx, { uiEvents, apiLogs });
        expect(messages().flatMap((message) => message.uiEvents)).toEqual(uiEvents.map(boundedRow));
        expect(messages().flatMap((message) => message.apiLogs)).toEqual(apiLogs.map(boundedRow));
        expect(new Set(messages().map(({ packId }) => packId)).size).toBe(messages().length);
        for (const message of messages()) {
          expect(eventsMessage.safeParse(message).error).toBeUndefined();
          expect(message.uiEvents.length + message.apiLogs.length).toBeGreaterThan(0);
        }
        sets++;
        sent += messages().length;
        most = Math.max(most, ...messages().map(bytesOf));
      }),
    );
    // The bound is reached for, or the test would not see it crossed.
    expect(most).toBeGreaterThan(125_000);
    console.log(`packing: tried ${sets} sets of rows, messages ${sent}, largest ${most} bytes, failed 0`);
  });

  it('fills a message before it begins the next one', async () => {
    const { ctx, messages } = fakeQueue();
    await acceptEvents(ctx, { uiEvents: numbered(Array.from({ length: 1000 }, () => uiEvent())) });
    for (const message of messages().slice(0, -1)) expect(bytesOf(message)).toBeGreaterThan(126_000);
  });

  it('sends nothing for nothing', async () => {
    const { ctx, seen } = fakeQueue();
    await acceptEvents(ctx, {});
    expect(seen).toMatchObject({ batches: [], ids: 0 });
  });

  it('tries again when the queue fails, with the same pack ids', async () => {
    const { ctx, seen, messages } = fakeQueue(['before', 'after']);
    await acceptEvents(ctx, { uiEvents: [uiEvent()] });
    expect(messages().map(({ packId }) => packId)).toEqual([messages()[0]?.packId, messages()[0]?.packId]);
    expect([messages().length, seen.errors]).toEqual([2, 2]);
  });

  it('is unavailable, and says when to come back, when the queue does not take them', async () => {
    const { ctx, messages } = fakeQueue(['before', 'before', 'before']);
    const refusal = await acceptEvents(ctx, { uiEvents: [uiEvent()] }).catch((error) => error);
    expect(refusal).toBeInstanceOf(DomainError);
    expect(refusal).toMatchObject({ status: 503, code: 'dependency_unavailable', retryAfter: 5 });
    expect(messages()).toEqual([]);
  });
});

describe('a row’s bounds', () => {
  const texts = Object.entries(FIELD_BYTES);

  it('leave any row small enough for a message of its own', () => {
    for (const filling of ['x', '"', '\u0000', '中', '👍', '\ud800']) {
      const full = Object.fromEntries(texts.map(([field]) => [field, filling.repeat(200_000)]));
      const only = <Row extends object>(row: Row) =>
        Object.fromEntries(Object.keys(row).map((key) => [key, full[key] ?? row[key as keyof Row]])) as Row;
      for (const row of [boundedRow(only(uiEvent())), boundedRow(only(apiLog()))]) {
        expect(bytesOf(row)).toBeLessThan(126_000);
        for (const [field, bound] of texts)
          if (field in row) expect(bytesOf(row[field as keyof typeof row])).toBeLessThanOrEqual(bound);
      }
    }
  });

  it('cut between characters, say so, and keep JSON what it was', () => {
    fc.assert(
      fc.property(text, ({ length }) => {
        const long = '👍中"'.repeat(20_000 + length);
        const { request_body: body } = boundedRow(apiLog({ request_body: long }));
        expect(body.endsWith(CUT_MARK)).toBe(true);
        expect(long.startsWith(body.slice(0, -CUT_MARK.length))).toBe(true);
        expect(body.isWellFormed()).toBe(true);
        expect(bytesOf(body)).toBeGreaterThan(FIELD_BYTES.request_body - 8);
      }),
      { numRuns: 5 },
    );
    const { properties } = boundedRow(uiEvent({ properties: JSON.stringify({ a: 'x'.repeat(60_000) }) }));
    expect(JSON.parse(properties)).toEqual({ cut: true });
  });

  it('leave alone what is within them', () => {
    const row = uiEvent({ properties: JSON.stringify({ a: 'ß👍'.repeat(2000) }), page_path: `/${'x'.repeat(3900)}` });
    expect(boundedRow(row)).toEqual(row);
  });

  it('replace lone surrogates, which ClickHouse refuses', () => {
    expect(boundedRow(uiEvent({ page_path: '/\ud800x' })).page_path).toBe('/\ufffdx');
  });
});
