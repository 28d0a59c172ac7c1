import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, type Person, startApp, until } from '../app.ts';
import { queued } from '../broker.ts';
import { asBearer, eventsOf, gzip, jsonLog, keyValue, LOGS, post, protobufLogs, TRACES } from '../otlp.ts';
import { type Reaction, type Receiver, startReceiver } from '../receiver.ts';

let app: App;
let receiver: Receiver;
let person: Person;
const KEY = 'receiver-key-1';
beforeAll(async () => {
  receiver = await startReceiver();
  app = await startApp(
    {
      OTLP_FORWARD_URL: `${receiver.url}/base/`,
      OTLP_FORWARD_HEADERS: JSON.stringify({ 'x-api-key': KEY }),
      OTLP_FORWARD_TIMEOUT_SECONDS: '1',
    },
    { eventSeconds: 1 },
  );
  person = await app.person('telemetry');
});
afterAll(async () => {
  await app.stop();
  await receiver.close();
});

const PROTOBUF = { 'content-type': 'application/x-protobuf', 'content-encoding': 'gzip' };
const JSON_TYPE = { 'content-type': 'application/json' };
/** The requests that carry this word. */
const withWord = (word: string) => receiver.received.filter(({ body }) => body.includes(word));
const letters = async () => (await app.db.query('SELECT id, body, reason FROM dead_letters ORDER BY died_at')).rows;

// Beside what follows it, which waits as long.
describe.concurrent('a receiver of its own', () => {
  it('gets what was accepted, redacted, however often it fails; and the events do not wait for it', {
    concurrent: false,
  }, async () => {
    receiver.react({ status: 503, headers: { 'retry-after': '1' } }, 'break', { status: 200 });
    const attributes = {
      'app.widget.id': 'first-word',
      password: 'hunter2',
      'url.full': 'https://u:p4ssw0rdp4ss@a.example/x?token=abc',
    };
    const sent = await protobufLogs([{ eventName: 'app.widget.click', attributes, timestamp: 1_700_000_000_123 }], {
      'service.name': 'web',
    });
    expect((await post(app, LOGS, gzip(sent), { ...PROTOBUF, ...asBearer(person) })).status).toBe(200);
    expect(await eventsOf(app, person.sessionId, 1)).toHaveLength(1);
    await until(async () => withWord('first-word').length === 3, 'the third attempt');
    const attempts = withWord('first-word');
    expect(new Set(attempts.map(({ body }) => body)).size).toBe(1);
    for (const { path, headers } of attempts)
      expect([path, headers['content-type'], headers['x-api-key']]).toEqual(['/base/v1/logs', 'application/json', KEY]);
    const [resource] = JSON.parse(attempts[0]?.body ?? '').resourceLogs;
    expect(resource.resource.attributes).toEqual([keyValue('service.name', 'web')]);
    expect(resource.scopeLogs[0].logRecords).toMatchObject([
      {
        eventName: 'app.widget.click',
        timeUnixNano: '1700000000123000000',
        attributes: [
          keyValue('app.widget.id', 'first-word'),
          keyValue('password', '[redacted]'),
          keyValue('url.full', 'https://a.example/x'),
        ],
      },
    ]);
    expect(await letters()).toEqual([]);
    console.log(`forwarding: ${attempts.length - 1} failures (503, broken), then delivered`);
  });

  it('is left alone for as long as it asks, and given up only when it will never take the message', {
    concurrent: false,
  }, async () => {
    const message = { v: 1, kind: 'telemetry.forward', signal: 'logs', request: { resourceLogs: [] } };
    const again = (status: number, retryAfter?: string): Reaction => ({
      status,
      ...(retryAfter === undefined ? {} : { headers: { 'retry-after': retryAfter } }),
    });
    const outcomes: [Reaction, number, 'delivered' | 'dead' | [number, number]][] = [
      [{ status: 200 }, 1, 'delivered'],
      [{ status: 202 }, 1, 'delivered'],
      [again(503), 1, [1, 2]],
      [again(503), 9, [150, 300]],
      [again(503, '7'), 1, [7, 7]],
      [again(429, '99999'), 1, [3600, 3600]],
      [again(429, new Date(Date.now() + 60_000).toUTCString()), 1, [40, 60]],
      [again(502), 2, [2, 4]],
      [again(504, 'soon'), 1, [1, 2]],
      ['break', 1, [1, 2]],
      ['hang', 1, [1, 2]],
      [{ status: 400 }, 1, 'dead'],
      [{ status: 401 }, 1, 'dead'],
      [{ status: 404 }, 1, 'dead'],
      [{ status: 500 }, 1, 'dead'],
      [{ status: 307, headers: { location: receiver.url } }, 1, 'dead'],
    ];
    for (const [reaction, attempts, expected] of outcomes) {
      receiver.react(reaction);
      const [sent, before] = [queued(message), (await letters()).length];
      const { acked, retried } = await app.broker.deliver([sent], { queue: 'telemetry-forward', attempts });
      const died = (await letters()).length - before;
      if (typeof expected === 'string')
        expect([reaction, acked, died]).toEqual([reaction, [sent.id], expected === 'dead' ? 1 : 0]);
      else {
        expect([reaction, retried.map(({ id }) => id), died]).toEqual([reaction, [sent.id], 0]);
        expect(retried[0]?.delaySeconds).toBeGreaterThanOrEqual(expected[0]);
        expect(retried[0]?.delaySeconds).toBeLessThanOrEqual(expected[1]);
      }
    }
    const odd = queued({ ...message, signal: 'metrics' });
    expect((await app.broker.deliver([odd], { queue: 'telemetry-forward' })).acked).toEqual([odd.id]);
    expect((await letters()).find(({ id }) => id === odd.id)?.reason).toBe('not a message of this queue');
    await app.db.query('DELETE FROM dead_letters');
    console.log(`forwarding: ${outcomes.length} reactions of a receiver, each with its outcome`);
  });

  it('that refuses or redirects leaves a dead letter, which can be sent again', { concurrent: false }, async () => {
    const elsewhere = await startReceiver();
    receiver.react({ status: 400 }, { status: 302, headers: { location: `${elsewhere.url}/v1/traces` } });
    const span = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', name: 'second-word' };
    const spans = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] });
    expect(
      (await post(app, LOGS, jsonLog({ eventName: 'second-word' }), { ...JSON_TYPE, ...asBearer(person) })).status,
    ).toBe(200);
    await until(async () => (await letters()).length === 1, 'the first letter');
    expect((await post(app, TRACES, spans, { ...JSON_TYPE, ...asBearer(person) })).status).toBe(200);
    await until(async () => (await letters()).length === 2, 'the second letter');
    expect(await letters()).toMatchObject([
      { reason: 'the receiver answered 400', body: { kind: 'telemetry.forward', signal: 'logs' } },
      { reason: 'the receiver answered 302', body: { kind: 'telemetry.forward', signal: 'traces' } },
    ]);
    expect(elsewhere.received).toEqual([]);
    await elsewhere.close();
    expect(app.log.join('\n')).not.toContain(KEY);

    receiver.react({ status: 200 });
    const before = withWord('second-word').length;
    const owner = await app.person('owner');
    for (const { id } of await letters())
      expect((await app.call('POST', `/v1/audit/dead-letters/${id}/replay`, { as: owner })).status).toBe(200);
    await until(async () => withWord('second-word').length === before + 2, 'both replayed');
    expect(await eventsOf(app, person.sessionId, 3)).toHaveLength(3);
    console.log('forwarding: 400 and a redirect, 2 dead letters, 2 replayed and delivered');
  });
});

describe.concurrent('without a receiver', () => {
  it('nothing is queued for one', async () => {
    const plain = await startApp({}, { eventSeconds: 1 });
    try {
      const sender = await plain.person('telemetry');
      expect((await post(plain, LOGS, jsonLog({ eventName: 'x' }), { ...JSON_TYPE, ...asBearer(sender) })).status).toBe(
        200,
      );
      expect(await eventsOf(plain, sender.sessionId, 1)).toHaveLength(1);
      expect(plain.log.filter((line) => line.includes('forwarded'))).toEqual([]);
      const { rows } = await plain.db.query('SELECT count(*)::int AS n FROM dead_letters');
      expect(rows[0].n).toBe(0);
    } finally {
      await plain.stop();
    }
  });
});
