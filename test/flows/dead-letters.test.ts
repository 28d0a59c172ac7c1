import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { TappedMessage } from '../../dev/worker/tap.ts';
import type { EventsMessage } from '../../queues/messages.ts';
import { type App, type Person, startApp, until } from '../app.ts';
import { queued } from '../broker.ts';
import { pack, uiEvent } from '../events.ts';
import { volume } from '../faults/campaign.ts';
import { random } from '../random.ts';

// What ClickHouse refuses, and the schema does not: by a constraint of this test's own.
const REFUSED = `refused-${randomUUID()}`;

let app: App;
let operator: Person;
beforeAll(async () => {
  app = await startApp({ EVENTS_INSERT_MS: '2000' }, { broker: true });
  operator = await app.person('operator');
  await app.analytics(
    `ALTER TABLE audit_db.admin_ui_events ADD CONSTRAINT \`${REFUSED}\` CHECK event_type != '${REFUSED}'`,
  );
});
beforeEach(async () => {
  app.clickhouse.decide(() => 'none');
  await app.db.query('DELETE FROM dead_letters');
});
afterAll(async () => {
  await app.analytics(`ALTER TABLE audit_db.admin_ui_events DROP CONSTRAINT \`${REFUSED}\``);
  await app.stop();
});

const PATH = '/v1/audit/dead-letters';
const list = (query = '', as: Person = operator) => app.call('GET', `${PATH}${query}`, { as });
const replay = (id: string, headers: Record<string, string> = {}, as: Person = operator) =>
  app.call('POST', `${PATH}/${id}/replay`, { as, headers });
const letters = async () =>
  (
    await app.db.query(
      'SELECT id, queue, body::text AS body, reason, attempts::int FROM dead_letters ORDER BY died_at, id',
    )
  ).rows;
const records = async (id: string) =>
  (await app.db.query('SELECT * FROM audit_outbox WHERE resource_id = $1 ORDER BY id', [id])).rows;
const idsOf = async (mark: string) =>
  (await app.analytics<{ id: string }>(`SELECT id FROM audit_db.admin_ui_events WHERE session_id = '${mark}'`)).map(
    ({ id }) => id,
  );
const idsIn = (packs: readonly EventsMessage[]) => packs.flatMap(({ uiEvents }) => uiEvents.map(({ id }) => id)).sort();

/** What was sent to the queue with this mark since. */
const sentAgain = (letterId: string): TappedMessage[] =>
  app.broker.messages().filter(({ body }) => (body as { replayOf?: string } | null)?.replayOf === letterId);

async function bury(count: number, queue = 'audit-events'): Promise<string[]> {
  const messages = Array.from({ length: count }, (_, n) => queued({ v: 9, n }));
  await app.broker.deliver(messages, { queue: `${queue}-dlq`, attempts: 101 });
  return messages.map(({ id }) => id);
}

// Two that no schema takes, and two that only ClickHouse refuses.
const POISON = [
  (): unknown => ({ nonsense: true, text: 'NUL \0' }),
  (): unknown => ({ ...pack('poison'), v: 2 }),
  (): unknown => ({ ...pack('poison', { api: 0 }), uiEvents: [uiEvent({ event_type: REFUSED })] }),
  (): unknown => ({ ...pack('poison'), uiEvents: [uiEvent(), uiEvent({ event_type: REFUSED }), uiEvent()] }),
];

describe('dead-letters.poison', () => {
  it('lands there at once, wherever it stands in a batch, and the others are stored', async () => {
    let tried = 0;
    const places = [0, 3, 7];
    const first = Math.floor(random() * places.length);
    // Each at a place of its own, another each time the tests run; in a campaign at every one.
    for (const [n, poison] of POISON.entries())
      for (const place of places.filter((_, at) => volume >= places.length || (first + n) % places.length === at)) {
        await app.db.query('DELETE FROM dead_letters');
        const mark = randomUUID();
        const packs = Array.from({ length: 7 }, () => pack(mark, { api: 0 }));
        const good = packs.map((each) => queued(each));
        const bad = queued(poison());
        const { acked, retried } = await app.broker.deliver([...good.slice(0, place), bad, ...good.slice(place)]);
        expect([acked.length, retried]).toEqual([8, []]);
        expect((await idsOf(mark)).sort()).toEqual(idsIn(packs));
        const [letter, ...others] = await letters();
        expect([letter.id, letter.queue, letter.attempts, others]).toEqual([bad.id, 'audit-events', 1, []]);
        expect(letter.reason).toMatch(
          /^(not a message of this queue|ClickHouse refuses its rows: VIOLATED_CONSTRAINT)$/,
        );
        // Ours letter for letter, so that it can be stored once ClickHouse takes it; what we do not know is redacted.
        if (letter.reason.startsWith('ClickHouse')) expect(JSON.parse(letter.body)).toEqual(bad.body);
        else expect(Object.keys(JSON.parse(letter.body))).toEqual(Object.keys(bad.body as object));
        tried++;
      }
    console.log(`poison among good messages: tried ${tried} batches, good ones lost 0, poison kept ${tried}`);
  });

  it('comes back when it cannot be kept now, and holds up nobody', async () => {
    const mark = randomUUID();
    const packs = [pack(mark, { api: 0 }), pack(mark, { api: 0 })];
    const bad = queued('poison');
    app.postgres.decide(({ body }) => (body.includes('dead_letters') ? 'error' : 'none'));
    const { acked, retried } = await app.broker.deliver([queued(packs[0]), bad, queued(packs[1])]);
    app.postgres.decide(() => 'none');
    expect([acked.length, retried.map(({ id }) => id)]).toEqual([2, [bad.id]]);
    expect((await idsOf(mark)).sort()).toEqual(idsIn(packs));
    expect((await app.broker.deliver([bad], { attempts: 2 })).acked).toEqual([bad.id]);
    expect((await letters()).length).toBe(1);
  });

  it('is kept once, however often its queue delivers it', async () => {
    const message = queued({ v: 9 });
    for (let n = 0; n < 3; n++)
      await app.broker.deliver([message, message], { queue: 'audit-events-dlq', attempts: 101 });
    expect(await letters()).toEqual([
      { id: message.id, queue: 'audit-events', body: '{"v":9}', reason: 'every delivery failed', attempts: 101 },
    ]);
  });
});

describe('dead-letters.list', () => {
  it('shows them newest first, page by page, with how many there are', async () => {
    const ids = [...(await bury(5)), ...(await bury(3, 'exports'))];
    const seen: string[] = [];
    let cursor = '';
    do {
      const { status, json } = await list(`?limit=3${cursor}`);
      expect([status, json.total, json.totalCapped]).toEqual([200, 8, false]);
      seen.push(...json.items.map(({ id }: { id: string }) => id));
      cursor = json.nextCursor && `&cursor=${json.nextCursor}`;
    } while (cursor);
    expect(seen.toSorted()).toEqual(ids.toSorted());
    const times = (await list('?limit=200')).json.items.map(({ diedAt }: { diedAt: string }) => diedAt);
    expect(times).toEqual(times.toSorted().reverse());
    expect((await list('?queue=exports')).json).toMatchObject({ total: 3 });
    expect((await list('?queue=audit-outbox')).json).toMatchObject({ total: 0, items: [] });
    await replay(ids[0] ?? '');
    expect((await list('?replayed=true')).json).toMatchObject({ total: 1, items: [{ id: ids[0], replays: 1 }] });
    expect((await list('?replayed=false&queue=audit-events')).json).toMatchObject({ total: 4 });
  });

  it('does not show what a message says', async () => {
    const body = { what: 'a sentence of it' };
    await app.broker.deliver([queued(body)]);
    const { text, json } = await list();
    expect(text).not.toContain('a sentence of it');
    expect(json.items[0]).toMatchObject({ bytes: JSON.stringify(body).length, replayOf: null });
  });

  it('stops counting at 10,000', async () => {
    await app.db.query(
      `INSERT INTO dead_letters (id, queue, body, attempts) SELECT 'n' || n, 'exports', '{}', 1 FROM generate_series(1, 10001) AS n`,
    );
    expect((await list('?limit=1')).json).toMatchObject({ total: 10_000, totalCapped: true });
    await app.db.query(`DELETE FROM dead_letters WHERE id = 'n1'`);
    expect((await list('?limit=1')).json).toMatchObject({ total: 10_000, totalCapped: false });
  });

  it('refuses what it does not know', async () => {
    for (const query of ['?queue=nonsense', '?replayed=yes', '?limit=201', '?cursor=abc'])
      expect([query, (await list(query)).status]).toEqual([query, 400]);
  });
});

describe('dead-letters.replay', () => {
  it('stores a message whose deliveries were used up, once, also when it was stored meanwhile', async () => {
    const mark = randomUUID();
    const [lost, stored] = [pack(mark, { api: 0 }), pack(mark, { api: 0 })];
    const messages = [queued(lost), queued(stored)];
    await app.broker.deliver(messages, { queue: 'audit-events-dlq', attempts: 101 });
    await app.broker.deliver([queued(stored)]);
    for (const { id } of messages) expect((await replay(id)).status).toBe(200);
    await until(async () => messages.every(({ id }) => sentAgain(id).length === 1), 'both are in the queue again');
    const { acked } = await app.broker.deliver(messages.flatMap(({ id }) => sentAgain(id)));
    expect(acked.length).toBe(2);
    expect((await idsOf(mark)).sort()).toEqual(idsIn([lost, stored]));
  });

  it('is recorded with its mark, by whom and why', async () => {
    const [id = ''] = await bury(1);
    const answer = await replay(id, { 'Audit-Reason': 'the schema is mended' });
    expect(answer.json).toMatchObject({ id, replays: 1, replayOf: null, diedAgainAs: null });
    const [record, ...others] = await records(id);
    expect(others).toEqual([]);
    expect(record).toMatchObject({
      action: 'dead-letter.replay',
      resource: 'dead_letter',
      actor_id: operator.id,
      outcome: 'success',
      reason: 'the schema is mended',
      before_state: { queue: 'audit-events', replays: 0, replayedAt: null },
      after_state: { queue: 'audit-events', replays: 1, replayedAt: answer.json.replayedAt },
    });
    expect(answer.json.replayedAt).toBe(record.occurred_at.toISOString());
  });

  it('shows which letter a message was before, when it dies again', async () => {
    const [id = ''] = await bury(1);
    await replay(id);
    await until(async () => sentAgain(id).length === 1, 'it is in the queue again');
    const [again] = sentAgain(id) as [TappedMessage];
    await app.broker.deliver([again]);
    const items = (await list()).json.items as Record<string, unknown>[];
    expect(items.find((each) => each.id === again.id)).toMatchObject({ replayOf: id, replayedAt: null, replays: 0 });
    expect(items.find((each) => each.id === id)).toMatchObject({ diedAgainAs: again.id, replays: 1 });
  });

  it('replays letters of the other queues into theirs, and what is no object as it is', async () => {
    const drain = queued({ v: 1, kind: 'audit.drain' });
    const odd = queued(['no', 'object']);
    await app.broker.deliver([drain], { queue: 'audit-outbox-dlq', attempts: 11 });
    await app.broker.deliver([odd], { queue: 'audit-events-dlq', attempts: 11 });
    expect((await replay(drain.id)).status).toBe(200);
    expect((await replay(odd.id)).status).toBe(200);
    await until(async () => app.broker.messages().some(({ body }) => Array.isArray(body)), 'it is in the queue again');
    // A drain that is not answered would come back as a letter.
    expect((await list('?queue=audit-outbox')).json.total).toBe(1);
  });

  it('gives the first answer again for the same key, without a second record', async () => {
    const [id = '', other = ''] = await bury(2);
    const key = { 'Idempotency-Key': randomUUID() };
    const answers = await Promise.all([replay(id, key), replay(id, key), replay(id, key)]);
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
    expect((await replay(id, key)).json).toEqual(answers[0].json);
    expect((await records(id)).length).toBe(1);
    const reused = await replay(other, key);
    expect([reused.status, reused.json.code]).toEqual([422, 'idempotency_key_reused']);
    expect(await records(other)).toEqual([]);
    // Another key, or none, is another replay.
    expect((await replay(id)).json.replays).toBe(2);
  });

  it('needs operations.execute everywhere; seeing them needs observability.view', async () => {
    const [id = ''] = await bury(1);
    const viewer = await app.person('viewer');
    expect([(await list('', viewer)).status, (await replay(id, {}, viewer)).status]).toEqual([403, 403]);
    const elsewhere = await app.person('operator', await app.service());
    expect([(await list('', elsewhere)).status, (await replay(id, {}, elsewhere)).status]).toEqual([404, 404]);
    expect((await replay(randomUUID())).status).toBe(404);
    expect((await letters()).length).toBe(1);
    const denied = (await records(id)).map(({ outcome, action }) => `${action} ${outcome}`);
    expect(denied).toEqual(['dead-letter.replay denied', 'dead-letter.replay denied']);
  });
});
