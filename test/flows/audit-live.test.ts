import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, type Person, startApp, until } from '../app.ts';
import { queued } from '../broker.ts';

let app: App;
let owner: Person;
beforeAll(async () => {
  app = await startApp({}, { nudgeSeconds: 1 });
  owner = await app.person('owner');
});
afterAll(() => app.stop());

interface Received {
  id: string;
  event: string;
  data: { id: string; resourceId: string; action: string; code?: string };
}

/** A client of server-sent events as a browser is one: keeps the last id, also of events without data. */
async function listen(as: Person, query = '', lastEventId?: string) {
  const abort = new AbortController();
  const response = await fetch(new URL(`/v1/audit/live${query}`, app.worker().url), {
    headers: { Authorization: `Bearer ${as.token}`, ...(lastEventId ? { 'Last-Event-ID': lastEventId } : {}) },
    signal: abort.signal,
  });
  const stream = {
    status: response.status,
    headers: response.headers,
    records: [] as Received[],
    lastId: '',
    ended: '',
    text: '',
    closed: false,
  };
  const read = async () => {
    const decoder = new TextDecoder();
    let rest = '';
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      const text = decoder.decode(chunk, { stream: true });
      stream.text += text;
      rest += text;
      const blocks = rest.split('\n\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) take(block);
    }
  };
  const take = (block: string) => {
    const fields = Object.fromEntries(
      block.split('\n').map((line) => /^(\w*): ?(.*)$/.exec(line)?.slice(1) ?? ['', '']),
    );
    if (fields.id) stream.lastId = fields.id;
    if (fields.event === 'end') stream.ended = JSON.parse(fields.data ?? '{}').code;
    if (fields.event === 'record')
      stream.records.push({ ...(fields as object), data: JSON.parse(fields.data ?? '') } as Received);
  };
  const done =
    response.status === 200
      ? read()
          .catch(() => undefined)
          .finally(() => {
            stream.closed = true;
          })
      : response.text().then(
          (text) => {
            stream.text = text;
          },
          () => undefined,
        );
  return {
    ...{ stream },
    done,
    async close() {
      abort.abort();
      await done;
    },
  };
}

/** Waits until the stream has begun: what happens from then on is its. */
const begun = (live: Awaited<ReturnType<typeof listen>>) =>
  until(async () => live.stream.lastId !== '', 'the stream begins');

async function changes(service: string, from: number, count: number): Promise<void> {
  for (let n = from; n < from + count; n++) {
    const answer = await app.patch(owner, service, { rateLimitRequests: 100 + n });
    expect(answer.status).toBe(200);
  }
}

const requestsOf = (live: Awaited<ReturnType<typeof listen>>) => live.stream.records.map(({ data }) => data.id);

// Most of it is waiting for the next look of a stream: at once, each with a service or an admin of its own.
describe.concurrent('GET /v1/audit/live', () => {
  it('streams new records, filtered, in order, each once', async () => {
    const [mine, other] = [await app.service(), await app.service()];
    const live = await listen(owner, `?serviceId=${mine}`);
    expect([
      live.stream.status,
      live.stream.headers.get('content-type'),
      live.stream.headers.get('cache-control'),
    ]).toEqual([200, 'text/event-stream', 'private, no-store']);
    await begun(live);
    await changes(mine, 0, 5);
    await changes(other, 0, 2);
    await changes(mine, 5, 5);
    await app.drained();
    await until(async () => live.stream.records.length >= 10, 'ten records arrive');
    const stored = (await app.auditOf(mine)).map(({ id }) => id);
    await live.close();
    expect(requestsOf(live)).toEqual(stored);
  });

  it('leaves out what is not wanted', async () => {
    const service = await app.service();
    const reader = await app.person('auditor');
    const [all, without] = await Promise.all([
      listen(reader, `?serviceId=${service}`),
      listen(reader, `?serviceId=${service}&notAction=service.feature.create`),
    ]);
    await Promise.all([begun(all), begun(without)]);
    await changes(service, 0, 3);
    for (const code of ['one', 'two']) {
      const path = `/v1/admin/services/${service}/features`;
      expect((await app.call('POST', path, { as: owner, body: { code, name: code } })).status).toBe(201);
    }
    await changes(service, 3, 2);
    await app.drained();
    await until(async () => all.stream.records.length >= 7 && without.stream.records.length >= 5, 'all have come');
    await Promise.all([all.close(), without.close()]);
    const actionsOf = (live: typeof all) => live.stream.records.map(({ data }) => data.action);
    const [config, feature] = ['service.config.update', 'service.feature.create'];
    expect(actionsOf(all)).toEqual([config, config, config, feature, feature, config, config]);
    expect(actionsOf(without)).toEqual([config, config, config, config, config]);
    console.log('live tail with notAction: records tried 7, wanted 5, left out 2');
  });

  it('goes on after Last-Event-ID: nothing missed, nothing twice, whatever happened meanwhile', async () => {
    const service = await app.service();
    const query = `?serviceId=${service}`;
    const seen: string[] = [];
    let lastId: string | undefined;
    for (let round = 0; round < 3; round++) {
      const live = await listen(owner, query, lastId);
      await begun(live);
      await changes(service, round * 10, 5);
      await app.drained();
      await until(async () => live.stream.records.length >= (round === 0 ? 2 : 4), 'some records arrive');
      await live.close();
      seen.push(...requestsOf(live));
      lastId = live.stream.lastId;
      await changes(service, round * 10 + 5, 3);
    }
    await app.drained();
    const last = await listen(owner, query, lastId);
    await until(async () => seen.length + last.stream.records.length >= 24, 'the rest arrives');
    await last.close();
    seen.push(...requestsOf(last));
    const stored = (await app.auditOf(service)).map(({ id }) => id);
    expect(seen).toEqual(stored);
    console.log(`live: reconnected 3 times, records ${stored.length}, missed 0, doubled 0`);
  });

  it('shows an auditor of one service that service, and ends with the right to it', async () => {
    const [mine, other] = [await app.service(), await app.service()];
    const auditor = await app.person('auditor', mine);
    const live = await listen(auditor);
    await begun(live);
    await changes(other, 0, 2);
    await changes(mine, 0, 2);
    await app.drained();
    await until(async () => live.stream.records.length >= 2, 'two records arrive');
    expect(new Set(live.stream.records.map(({ data }) => data.resourceId)).size).toBe(1);
    const { rows } = await app.db.query('SELECT id FROM grants WHERE admin_id = $1', [auditor.id]);
    expect((await app.call('DELETE', `/v1/admin/grants/${rows[0].id}`, { as: owner })).status).toBe(204);
    await live.done;
    expect(live.stream.ended).toBe('not_found');
    expect((await listen(auditor, `?serviceId=${other}`)).stream.status).toBe(404);
  });

  it('ends when the session is revoked', async () => {
    const auditor = await app.person('auditor');
    const live = await listen(auditor);
    await begun(live);
    expect((await app.call('DELETE', `/v1/admin/sessions/${auditor.sessionId}`, { as: owner })).status).toBe(200);
    await live.done;
    expect(live.stream.ended).toBe('session_ended');
  });

  it('refuses what it cannot follow', async () => {
    const auditor = await app.person('auditor');
    const viewer = await app.person('viewer');
    const bad = [
      'x',
      '0',
      '20261122084101123456',
      '20269922084101123456.01900000-0000-7000-8000-000000000001',
      "' OR 1=1",
    ];
    for (const lastEventId of bad)
      expect([lastEventId, (await listen(auditor, '', lastEventId)).stream.status]).toEqual([lastEventId, 400]);
    expect((await listen(auditor, '?from=2026-01-01T00:00:00Z')).stream.status).toBe(400);
    expect((await listen(viewer)).stream.status).toBe(403);
  });

  it('gives an admin five streams, and a sixth once one is closed', async () => {
    const auditor = await app.person('auditor');
    const open = [];
    for (let n = 0; n < 5; n++) open.push(await listen(auditor));
    for (const live of open) await begun(live);
    const sixth = await listen(auditor);
    expect([sixth.stream.status, sixth.stream.headers.get('retry-after')]).toEqual([429, '30']);
    await open[0]?.close();
    await until(async () => {
      const again = await listen(auditor);
      const { status } = again.stream;
      await again.close();
      return status === 200;
    }, 'a slot is free again');
    for (const live of open) await live.close();
  });

  // By itself: while one is late, every stream waits.
  it('waits for a record that is late on its way instead of skipping it', { concurrent: false }, async () => {
    const service = await app.service();
    const live = await listen(owner, `?serviceId=${service}`);
    await begun(live);
    const drain = () => app.broker.deliver([queued({ v: 1, kind: 'audit.drain' })], { queue: 'audit-outbox' });
    // The batch of the first three cannot land; those after it can.
    app.clickhouse.decide(({ body }) => (body.includes('"held back"') ? 'error' : 'none'));
    for (let n = 0; n < 3; n++)
      await app.patch(owner, service, { rateLimitRequests: 100 + n }, { 'Audit-Reason': 'held back' });
    await drain();
    await until(async () => {
      const { rows } = await app.db.query(
        `SELECT count(*) FILTER (WHERE attempts > 0)::int AS n FROM audit_outbox WHERE reason = 'held back'`,
      );
      return rows[0].n === 3 && app.clickhouse.faults() > 0;
    }, 'their batch has failed');
    await changes(service, 3, 3);
    await drain();
    await until(async () => (await app.auditOf(service)).length === 3, 'the later ones are stored');
    const looks = () => live.stream.text.split(': waiting').length;
    const before = looks();
    // The first of two may have begun earlier.
    await until(async () => looks() >= before + 2, 'the stream has looked again');
    expect(live.stream.records).toEqual([]);
    app.clickhouse.decide(() => 'none');
    await app.drained();
    await until(async () => live.stream.records.length === 6, 'all six arrive');
    await live.close();
    expect(requestsOf(live)).toEqual((await app.auditOf(service)).map(({ id }) => id));
  });
});
