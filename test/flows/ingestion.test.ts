import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { connectClickHouse } from '../../clickhouse/client.ts';
import { insertEvents } from '../../clickhouse/queries/insert-events.ts';
import type { TappedMessage } from '../../dev/worker/tap.ts';
import type { EventsMessage } from '../../queues/messages.ts';
import { type App, startApp, until } from '../app.ts';
import { queued } from '../broker.ts';
import { apiLog, pack, uiEvent } from '../events.ts';
import { volume } from '../faults/campaign.ts';

let app: App;
beforeAll(async () => {
  // Three times as long for the lease: what waits for it to run out waits for so long.
  app = await startApp({ EVENTS_INSERT_MS: '1000' }, { broker: true });
});
beforeEach(() => app.clickhouse.decide(() => 'none'));
afterAll(() => app.stop());

const TABLES = { uiEvents: 'audit_db.admin_ui_events', apiLogs: 'audit_db.admin_api_logs' } as const;
const INSERT = /INSERT INTO/i;
const isInsert = ({ path }: { path: string }) => INSERT.test(decodeURIComponent(path.replaceAll('+', ' ')));

const tokenOf = ({ path }: { path: string }) =>
  new URL(path, 'http://clickhouse').searchParams.get('insert_deduplication_token');

/** Rows as they lie in both tables, nothing hidden. */
async function rawRows(mark: string): Promise<Record<string, string>[]> {
  const [ui, api] = await Promise.all(
    Object.values(TABLES).map((table) =>
      app.analytics<Record<string, string>>(`SELECT * FROM ${table} WHERE session_id = '${mark}' ORDER BY id`),
    ),
  );
  return [...(ui ?? []), ...(api ?? [])];
}

const idsOf = (packs: readonly EventsMessage[]) =>
  packs.flatMap(({ uiEvents, apiLogs }) => [...uiEvents, ...apiLogs].map(({ id }) => id)).sort();

/** Every row of these packs is there, and there once. */
async function storedOnce(mark: string, packs: readonly EventsMessage[]): Promise<void> {
  expect((await rawRows(mark)).map(({ id }) => id).sort()).toEqual(idsOf(packs));
}

/** Ends the lease of a consumer whose insert is known here to be over, instead of waiting until it has run out. */
async function endLease(): Promise<void> {
  const locks = await app.worker().miniflare.getDurableObjectNamespace('OPERATION_LOCK', 'steward');
  const lock = locks.get(locks.idFromName('ingest:audit-events')) as unknown as {
    holder(): Promise<{ token: number } | null>;
    release(token: number): Promise<void>;
  };
  const held = await lock.holder();
  // On a busy machine it has run out by now.
  if (held) await lock.release(held.token);
}

/** Delivers until all is acknowledged. */
async function deliverAll(messages: readonly TappedMessage[]): Promise<void> {
  let left = [...messages];
  let attempts = 1;
  await until(
    async () => {
      const { acked } = await app.broker.deliver(left, { attempts: attempts++ });
      left = left.filter(({ id }) => !acked.includes(id));
      return left.length === 0;
    },
    'all events are acknowledged',
    40_000,
    200,
  );
}

describe('ingestion.happy', () => {
  it('holds what a producer sent, and stores it in every column when it is delivered', async () => {
    const mark = randomUUID();
    const service = randomUUID();
    const message: EventsMessage = {
      ...pack(mark, { ui: 0, api: 0 }),
      uiEvents: [uiEvent({ session_id: mark, properties: '{"a":"中👍\\u0000"}', service_id: service, trace_id: 't1' })],
      apiLogs: [apiLog({ session_id: mark, request_body: 'NUL \0 "quoted"\n', error_code: 'conflict' })],
    };
    const producer = await app.worker().miniflare.getQueueProducer('AUDIT_EVENTS_QUEUE', 'steward');
    await producer.send(message, { contentType: 'json' });
    const ours = () => app.broker.messages().filter(({ body }) => (body as EventsMessage).packId === message.packId);
    await until(async () => ours().length > 0, 'the message arrives');
    expect(ours().map(({ body }) => body)).toEqual([message]);
    expect(await rawRows(mark)).toEqual([]);

    const delivered = await app.broker.deliver(ours());
    expect(delivered).toEqual({ acked: ours().map(({ id }) => id), retried: [], lost: false });
    const [ui, api] = await rawRows(mark);
    const added = {
      pack_id: message.packId,
      accepted_at: `${message.acceptedAt.replace('T', ' ').replace('Z', '')}000`,
    };
    expect(ui).toEqual({ ...message.uiEvents[0], ip_address: '::ffff:203.0.113.0', ...added });
    expect(api).toEqual({ ...message.apiLogs[0], ...added });
  });

  it('merges a batch into one insert a table, whatever its size', async () => {
    const mark = randomUUID();
    const packs = Array.from({ length: 100 }, () => pack(mark, { ui: 30, api: 20 }));
    // One that is said again on a busy machine is the same insert.
    const inserts = new Set<string | null>();
    app.clickhouse.decide((call) => {
      if (isInsert(call)) inserts.add(`${tokenOf(call)} ${/admin_\w+/.exec(call.path)}`);
      return 'none';
    });
    const { acked } = await app.broker.deliver(packs.map((each) => queued(each)));
    expect([acked.length, inserts.size]).toEqual([100, 2]);
    await storedOnce(mark, packs);
    console.log(`one batch of 100 messages: rows ${idsOf(packs).length}, inserts ${inserts.size}`);
  });

  it('writes as many rows as a batch can hold as one part', async () => {
    const bare = { event_type: '', component_name: '', page_path: '', properties: '', user_agent: '', actor_email: '' };
    const rows = Math.floor((100 * 127_000) / JSON.stringify(uiEvent({ ...bare, actor_role: '' })).length);
    const { url, writer } = app.engines.clickhouse;
    const client = connectClickHouse({ url, username: 'steward_writer', password: writer });
    let parts: { part: string }[] = [];
    // A merge may come before the look; then there is nothing to be seen.
    await until(async () => {
      const pack_id = randomUUID();
      const added = { pack_id, accepted_at: '2026-11-22 08:41:01.123' };
      const values = Array.from({ length: rows }, () => ({ ...uiEvent(bare), ...added }));
      await insertEvents(client, TABLES.uiEvents, values, { token: pack_id, timeoutMs: 25_000 });
      parts = await app.analytics(`SELECT DISTINCT _part AS part FROM ${TABLES.uiEvents} WHERE pack_id = '${pack_id}'`);
      return parts.every(({ part }) => part.endsWith('_0'));
    }, 'a part is seen before it is merged');
    await client.close();
    expect(parts).toHaveLength(1);
    console.log(`one insert of ${rows} rows: parts ${parts.length}`);
  });
});

describe('ingestion.exactly-once', () => {
  it('stores a message once that comes in three different batches at the same time', async () => {
    let rounds = 0;
    for (; rounds < 2 * volume; rounds++) {
      const mark = randomUUID();
      const packs = Array.from({ length: 7 }, () => pack(mark));
      const [twice, ...others] = packs.map((each) => queued(each)) as [TappedMessage, ...TappedMessage[]];
      const batches = [0, 2, 4].map((n) => [twice, ...others.slice(n, n + 2), twice]);
      await Promise.all(batches.map((batch) => app.broker.deliver(batch)));
      for (const batch of batches) await deliverAll(batch);
      await storedOnce(mark, packs);
    }
    console.log(`one message in three batches at once: tried ${rounds}, missing 0, doubled 0`);
  });

  it('keeps what was stored first when the same ids come with other contents', async () => {
    const mark = randomUUID();
    const first = pack(mark, { ui: 1, api: 0 });
    await deliverAll([queued(first)]);
    await deliverAll([queued({ ...first, uiEvents: [{ ...first.uiEvents[0], page_path: '/forged' }] })]);
    expect((await rawRows(mark)).map(({ page_path }) => page_path)).toEqual(['/services']);
  });

  it('stores the rest of a message whose rows for one table are stored already', async () => {
    const mark = randomUUID();
    const packs = [pack(mark), pack(mark)];
    app.clickhouse.decide((call) => (isInsert(call) && /api_logs/.test(call.path) ? 'refuse' : 'none'));
    const { acked } = await app.broker.deliver(packs.map((each) => queued(each)));
    expect(acked).toEqual([]);
    expect((await rawRows(mark)).length).toBe(6);
    app.clickhouse.decide(() => 'none');
    await endLease();
    for (const each of packs) await deliverAll([queued(each)]);
    await storedOnce(mark, packs);
  });

  it('asks again under the same token when a reply is lost, and acknowledges', async () => {
    const mark = randomUUID();
    const packs = [pack(mark), pack(mark), pack(mark)];
    const tokens: (string | null)[] = [];
    app.clickhouse.decide((call) => {
      if (isInsert(call)) tokens.push(tokenOf(call));
      return isInsert(call) && tokens.length <= 2 ? 'lose-reply' : 'none';
    });
    const { acked } = await app.broker.deliver(packs.map((each) => queued(each)));
    expect(acked.length).toBe(3);
    expect(tokens.length).toBeGreaterThanOrEqual(4);
    expect(new Set(tokens).size).toBe(1);
    await storedOnce(mark, packs);
  });

  it('does not take a cut-off answer for "nothing is stored"', async () => {
    const mark = randomUUID();
    const packs = [pack(mark), pack(mark)];
    await deliverAll(packs.map((each) => queued(each)));
    for (const fault of [{ endAfter: 0 }, { endAfter: 5 }, { breakAfter: 3 }]) {
      app.clickhouse.decide((call) => (isInsert(call) ? 'none' : fault));
      const { acked } = await app.broker.deliver(packs.map((each) => queued(each)));
      expect(acked).toEqual([]);
    }
    app.clickhouse.decide(() => 'none');
    await deliverAll([queued(packs[0])]);
    await storedOnce(mark, packs);
  });
});

describe('ingestion.bad-days', () => {
  it('keeps everything in the queue while ClickHouse is away, and stores it when it is back', async () => {
    const mark = randomUUID();
    const packs = Array.from({ length: 20 }, () => pack(mark));
    const messages = packs.map((each) => queued(each));
    app.clickhouse.decide(() => 'refuse');
    for (let attempts = 1; attempts <= 5; attempts++) {
      const { acked, retried } = await app.broker.deliver(messages, { attempts });
      expect([acked.length, retried.length]).toEqual([0, 20]);
      // Nobody holds the lease meanwhile: nothing was begun.
      for (const { delaySeconds } of retried) expect(delaySeconds).toBeLessThanOrEqual(2 ** attempts);
    }
    app.clickhouse.decide(() => 'none');
    const { acked } = await app.broker.deliver(messages, { attempts: 6 });
    expect(acked.length).toBe(20);
    await storedOnce(mark, packs);
  });

  it('waits for the end of an insert nobody knows the outcome of, before anybody looks', async () => {
    const mark = randomUUID();
    const packs = [pack(mark, { api: 0 }), pack(mark, { api: 0 })];
    const messages = packs.map((each) => queued(each));
    const replies: string[] = [];
    app.clickhouse.decide((call) => {
      replies.push(isInsert(call) ? 'insert' : 'look');
      return isInsert(call) ? 'hang' : 'none';
    });
    const first = await app.broker.deliver(messages);
    expect(first.retried.map(({ delaySeconds }) => delaySeconds)).toEqual([3, 3]);
    expect(replies).toEqual(['look', 'insert', 'insert', 'insert']);
    const second = await app.broker.deliver(messages, { attempts: 2 });
    expect([second.acked, replies.length]).toEqual([[], 4]);
    app.clickhouse.decide(() => 'none');
    await deliverAll(messages);
    await storedOnce(mark, packs);
  });

  it('stores once what a consumer stored that was killed before it could acknowledge', async () => {
    const mark = randomUUID();
    const packs = [pack(mark), pack(mark), pack(mark)];
    const [one, two, three] = packs.map((each) => queued(each)) as [TappedMessage, TappedMessage, TappedMessage];
    const held = app.clickhouse.held();
    app.clickhouse.decide((call) => (isInsert(call) ? 'hold-reply' : 'none'));
    const delivering = app.broker.deliver([one, two]);
    await until(async () => app.clickhouse.held() > held, 'the insert is done and its reply is held');
    await app.crash();
    expect((await delivering).acked).toEqual([]);
    expect((await rawRows(mark)).length).toBe(6);
    app.clickhouse.decide(() => 'none');
    await endLease();
    await deliverAll([two, three]);
    await deliverAll([three, one]);
    await storedOnce(mark, packs);
    console.log('a consumer killed between insert and acknowledgement: missing 0, doubled 0');
  });
});
