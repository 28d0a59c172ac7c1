import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, type Person, startApp, until } from '../app.ts';
import { queued } from '../broker.ts';
import { asField, CANARIES, type Canary, holds, inText } from '../canaries.ts';
import { volume } from '../faults/campaign.ts';
import type { Fault } from '../faulty-proxy.ts';
import { linesOf } from '../log-lines.ts';
import { random } from '../random.ts';

let app: App;
let owner: Person;
let service: string;
let routes: { method: string; path: string }[];
const receiver = createServer((_, response) => response.writeHead(500).end(inText(CANARIES[0] as Canary)));

beforeAll(async () => {
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  const { port } = receiver.address() as AddressInfo;
  app = await startApp({ OTLP_FORWARD_URL: `http://127.0.0.1:${port}`, LOG_LEVEL: 'debug' }, { broker: true });
  owner = await app.person('owner');
  service = await app.service();
  const { json } = await app.call('GET', '/v1/openapi.json');
  routes = Object.entries(json.paths as Record<string, object>).flatMap(([path, of]) =>
    Object.keys(of).map((method) => ({ method: method.toUpperCase(), path })),
  );
});
afterAll(async () => {
  await app.stop();
  receiver.close();
});

/** What HTTP can carry in a header: no line breaks, Latin-1. */
const inHeader = (text: string) => text.replace(/[\r\n]+/g, ' ').replace(/[^\x20-\x7e\xa0-\xff]/g, '?');

/** Neither a secret nor an address of mail: words that only a body or a path held, and where somebody was. */
const WORDS = ['xylophone-of-a-body', 'xylophone-of-a-path', 'xylophone-of-a-query', 'xylophone-of-a-header'];
const ADDRESSES = ['203.0.113.77', '2001:db8:85a3:8d3:1319:8a2e:370:7348'];
const [BODY, PATH, QUERY, HEADER] = WORDS as [string, string, string, string];
const UUID = '01900000-0000-7000-8000-00000000beef';

/** Streams answer when they begin, and would be waited for. */
const isStream = (path: string) => path.endsWith('/events') || path.endsWith('/live');

async function plant({ method, path }: { method: string; path: string }, canary: Canary, ids: 'real' | 'planted') {
  const words = inText(canary);
  const text = `${words} ${ADDRESSES.join(' ')}`;
  const filled = path
    .replace('/services/{id}', `/services/${service}`)
    .replaceAll(/\{\w+\}/g, ids === 'real' ? UUID : encodeURIComponent(`${PATH} ${text}`));
  const query = ids === 'real' ? '' : `?q=${encodeURIComponent(`${QUERY} ${text}`)}&${encodeURIComponent(words)}=1`;
  const header = inHeader(`${HEADER} ${text}`);
  const body = { ...asField(canary), note: `${BODY} ${text}`, name: text, reason: text, [words]: [asField(canary)] };
  // After it nothing else is let in.
  const as = path.endsWith('/sign-out-everywhere') ? await app.person('owner') : owner;
  return app.call(method, filled + query, {
    as,
    headers: {
      'Audit-Reason': header,
      'User-Agent': header,
      'X-Request-Id': header,
      Referer: header,
      traceparent: header,
      'Idempotency-Key': header,
      'CF-Connecting-IP': ADDRESSES[0] as string,
      'X-Forwarded-For': ADDRESSES[1] as string,
    },
    ...(method === 'GET' ? {} : { body }),
  });
}

/** Refusals that repeat what they were asked, and more. */
const postgresSays = (canary: Canary, code: string | undefined): ((call: { body: string }) => Fault) => {
  const words = `${inText(canary)} ${BODY} ${ADDRESSES.join(' ')}`;
  return ({ body }) => ({
    status: code === undefined ? 502 : 400,
    reply: JSON.stringify({
      message: `refused: ${words} ${body}`,
      ...(code !== undefined && { code }),
      detail: `Key (email)=(${words}) exists`,
      where: words,
      internalQuery: body,
      hint: words,
    }),
  });
};
const clickhouseSays = (canary: Canary, isOwn: boolean): ((call: { path: string; body: string }) => Fault) => {
  const words = `${inText(canary)} ${BODY} ${ADDRESSES.join(' ')}`;
  return ({ path, body }) => ({
    status: 500,
    reply: isOwn
      ? `Code: 6. DB::Exception: Cannot parse '${words}': in scope ${body} ${path}. (CANNOT_PARSE_TEXT) (version 26.7.1.1)`
      : `<html>${words} ${body} ${path}</html>`,
  });
};

/** SQLSTATEs, and an answer without one. */
const POSTGRES = ['23505', '22P02', 'P0001', undefined];

const canaryAt = (n: number) => CANARIES[n % CANARIES.length] as Canary;

describe('what no line of the log holds', () => {
  it('is a token, an e-mail address, an IP address or a body, whatever fails', async () => {
    let planted = 0;
    const statuses = new Map<number, number>();
    const round = async (ids: 'real' | 'planted', before: (canary: Canary, n: number) => void = () => undefined) => {
      for (const [n, route] of routes.filter(({ path }) => !isStream(path)).entries()) {
        const canary = canaryAt(planted++);
        before(canary, n);
        const { status } = await plant(route, canary, ids);
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }
      app.postgres.decide(() => 'none');
      app.clickhouse.decide(() => 'none');
    };
    expect((await app.call('GET', '/v1/admin/me', { as: owner })).status).toBe(200);
    await round('planted');
    await round('real');
    // A route meets one refusal of each store, another each time the tests run; in a campaign every one.
    const first = Math.floor(random() * POSTGRES.length);
    for (let turn = first; turn < first + Math.min(volume, POSTGRES.length); turn++)
      await round('real', (canary, n) =>
        app.postgres.decide(postgresSays(canary, POSTGRES[(turn + n) % POSTGRES.length])),
      );
    for (let turn = first; turn < first + Math.min(volume, 2); turn++)
      await round('real', (canary, n) => app.clickhouse.decide(clickhouseSays(canary, (turn + n) % 2 === 0)));
    for (const canary of CANARIES) {
      const body = { v: 1, kind: inText(canary), replayOf: inText(canary), ...asField(canary) };
      app.postgres.decide(planted % 2 ? () => 'none' : postgresSays(canary, '23505'));
      await app.broker.deliver([queued(body)], { queue: planted % 3 ? 'exports' : 'exports-dlq' });
      app.clickhouse.decide(clickhouseSays(canary, planted % 2 === 0));
      await app.broker.deliver(app.broker.messages().slice(-3));
      await app.broker.deliver([queued({ v: 1, kind: 'audit.drain' })], { queue: 'audit-outbox' });
      planted += 3;
    }
    await app.worker().scheduled('* * * * *');
    app.postgres.decide(() => 'none');
    app.clickhouse.decide(() => 'none');
    await until(async () => linesOf(app).some(({ msg }) => msg === 'cron run'), 'the last line');

    const lines = app.log.map((line) => line.toLowerCase());
    const words = [...WORDS, ...ADDRESSES, owner.email, owner.token, owner.subject];
    const found = [
      ...CANARIES.filter((canary) => app.log.some((line) => holds(line, canary))).map(({ name }) => name),
      ...words.filter((word) => lines.some((line) => line.includes(word.toLowerCase()))),
    ];
    const failed = linesOf(app).filter(({ error }) => error !== undefined).length;
    console.log(
      `log canaries: requests and messages tried ${planted}, lines read ${lines.length}, of these with an error ${failed}, found ${found.length}`,
    );
    expect(found).toEqual([]);
    // What failed must have come as far as the log, by both stores: otherwise finding nothing says nothing.
    const told = linesOf(app).map((line) => JSON.stringify(line.error ?? ''));
    for (const word of ['Postgres refused: 23505', 'ClickHouse refused: CANNOT_PARSE_TEXT', 'ClickHouse answered 500'])
      expect([word, told.filter((line) => line.includes(word)).length > 3]).toEqual([word, true]);
    expect(statuses.get(500) ?? 0).toBeGreaterThan(20);
  }, 180_000);
});
