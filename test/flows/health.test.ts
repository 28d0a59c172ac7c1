import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type App, type Person, startApp, until } from '../app.ts';

const CRON = '* * * * *';
const HEALTH = '/v1/system/health';
const STATUS = '/v1/observability/status';

let app: App;
let auditor: Person;
beforeAll(async () => {
  // Looks are shared for a shorter time, so that each change is seen sooner; the time itself is a unit's test.
  app = await startApp({ HEALTH_SHARE_SECONDS: '1' });
  auditor = await app.person('operator');
});
afterAll(() => app.stop());
beforeEach(() => {
  app.postgres.decide(() => 'none');
  app.clickhouse.decide(() => 'none');
});

interface Component {
  name: string;
  status: string;
  since: string;
  latencyMs: number;
  lastError: { code: string; at: string } | null;
}

const read = async (as: Person = auditor, of: App = app) => {
  const answer = await of.call('GET', HEALTH, { as });
  expect(answer.status).toBe(200);
  const components: Component[] = answer.json.components;
  return {
    status: answer.json.status as string,
    at: answer.json.checkedAt as string,
    of: (name: string) => components.find((one) => one.name === name) as Component,
  };
};

/** What a look after this moment finds. */
async function looked(is: (health: Awaited<ReturnType<typeof read>>) => boolean) {
  let health = await read();
  await until(
    async () => {
      health = await read();
      return is(health);
    },
    'a look finds it so',
    40_000,
    200,
  );
  return health;
}

describe('health', () => {
  it('says nothing but ok to the public', async () => {
    const live = await app.call('GET', '/v1/health/live');
    expect([live.status, live.text]).toEqual([200, '{"status":"ok"}']);
    const ready = await app.call('GET', '/v1/health/ready');
    expect([ready.status, ready.text]).toEqual([200, '{"status":"ok"}']);
  });

  it('knows every component, for those who may see it', async () => {
    // It has half a minute for each: whether one is slow is not what a busy machine may decide here.
    const unhurried = await startApp({ HEALTH_SHARE_SECONDS: '1', HEALTH_PROBE_MS: '30000' });
    const health = await read(await unhurried.person('operator'), unhurried).finally(() => unhurried.stop());
    expect(health.status).toBe('ok');
    const names = ['postgres', 'clickhouse', 'cache', 'files', 'queues', 'durable_objects', 'issuer'];
    for (const name of names) expect(health.of(name), name).toMatchObject({ status: 'ok', lastError: null });
    expect((await app.call('GET', HEALTH)).status).toBe(401);
    expect((await app.call('GET', HEALTH, { as: await app.person('gate') })).status).toBe(403);
    expect((await app.call('GET', HEALTH, { as: await app.person('operator', await app.service()) })).status).toBe(404);
    const { text } = await app.call('GET', HEALTH, { as: auditor });
    const told = [new URL(app.clickhouse.url).port, 'localhost', '127.0.0.1', 'steward_'];
    expect(told.filter((secret) => text.includes(secret))).toEqual([]);
  });

  it('finds what is away, since when and why, and that it is back', async () => {
    const cases = [
      ['clickhouse', 'refuse', ['unreachable', 'failed']],
      ['postgres', 'hang', ['timeout']],
    ] as const;
    for (const [name, fault, codes] of cases) {
      await looked((health) => health.of(name).status === 'ok');
      const began = Date.now();
      app[name].decide(() => fault);
      const down = await looked((health) => health.of(name).status === 'down');
      expect(down.status).toBe('down');
      expect(codes, `${name} ${fault}`).toContain(down.of(name).lastError?.code);
      expect(Date.parse(down.of(name).since)).toBeGreaterThanOrEqual(began);
      // Nobody else is blamed.
      expect(down.of('files').status).toBe('ok');
      const again = await looked(({ at }) => at !== down.at);
      expect(again.of(name).since).toBe(down.of(name).since);
      app[name].decide(() => 'none');
      const back = await looked((health) => health.of(name).status === 'ok');
      expect(back.of(name).lastError).not.toBeNull();
    }
    console.log(`components away: tried ${cases.length}, failed 0`);
  });

  it('ends every look: one that hangs holds up nobody else, and many who ask are one look', async () => {
    await read();
    let probes = 0;
    app.clickhouse.decide(({ body }) => {
      if (!body.includes('now64')) return 'none';
      probes++;
      return 'hang';
    });
    const end = Date.now() + 4000;
    let asked = 0;
    while (Date.now() < end) {
      const answers = await Promise.all(Array.from({ length: 20 }, () => app.call('GET', HEALTH, { as: auditor })));
      for (const { status } of answers) expect(status).toBe(200);
      asked += answers.length;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    // One at a time: each hangs for a second and is shared for one.
    expect(probes).toBeLessThanOrEqual(5);
    console.log(`one dependency hanging: asked ${asked} times, looked ${probes} times, failed 0`);
    expect(asked).toBeGreaterThan(probes);
  });

  it('is not ready without Postgres, and says no more than that', async () => {
    app.postgres.decide(() => 'refuse');
    await until(async () => (await app.call('GET', '/v1/health/ready')).status === 503, 'it is not ready');
    expect((await app.call('GET', '/v1/health/ready')).text).toBe('{"status":"unavailable"}');
    expect((await app.call('GET', '/v1/health/live')).status).toBe(200);
    app.postgres.decide(() => 'none');
    await until(async () => (await app.call('GET', '/v1/health/ready')).status === 200, 'it is ready again');
    // ClickHouse may be away for hours without a request that waits for it.
    app.clickhouse.decide(() => 'refuse');
    await looked((health) => health.of('clickhouse').status === 'down');
    expect((await app.call('GET', '/v1/health/ready')).status).toBe(200);
  });
});

describe('status', () => {
  const clock = (minutes: number) => app.worker().scheduled(CRON, new Date(Date.now() + minutes * 60_000));
  const status = async () => (await app.call('GET', STATUS, { as: auditor })).json;

  it('has components with 90 days, and incidents that rules open and close', async () => {
    await clock(1);
    const before = await status();
    const postgres = before.components.find(({ name }: Component) => name === 'postgres');
    expect(postgres.days).toHaveLength(90);
    expect(postgres.days.at(-1).ok + postgres.days.at(-1).degraded + postgres.days.at(-1).down).toBeGreaterThan(0);
    expect(postgres.days[0]).toMatchObject({ uptime: null, ok: 0 });
    await app.db.query(
      `INSERT INTO dead_letters (id, queue, body, attempts) VALUES (gen_random_uuid(), 'operations', '{}', 1)`,
    );
    await clock(2);
    const during = await status();
    expect([during.status, during.isStale]).toEqual(['degraded', false]);
    expect(during.incidents[0].title).toBe('Queue operations');
    expect(during.incidents[0]).toMatchObject({
      rule: 'dead_letters',
      subject: 'operations',
      severity: 'warning',
      closedAt: null,
    });
    app.clickhouse.decide(() => 'refuse');
    await clock(3);
    await clock(4);
    const down = await status();
    expect(
      down.incidents
        .filter((one: { closedAt: null }) => one.closedAt === null)
        .map((one: { rule: string }) => one.rule)
        .sort(),
    ).toEqual(['component_down', 'dead_letters']);
    app.clickhouse.decide(() => 'none');
    await app.db.query('UPDATE dead_letters SET replayed_at = now()');
    await clock(5);
    await clock(6);
    const after = await status();
    expect(after.incidents.filter((one: { closedAt: null }) => one.closedAt === null)).toEqual([]);
    const clickhouse = after.components.find(({ name }: Component) => name === 'clickhouse');
    expect(clickhouse.days.at(-1).down + clickhouse.days.at(-2).down).toBe(2);
    expect(clickhouse.uptime).toBeLessThan(1);
  });

  it('is a page for people, without a script, and JSON for everybody else', async () => {
    const page = await app.call('GET', STATUS, {
      as: auditor,
      headers: { Accept: 'text/html,application/xhtml+xml,*/*;q=0.8' },
    });
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(page.text).toContain('Steward status');
    expect(page.text).not.toContain('<script');
    const json = await app.call('GET', STATUS, { as: auditor });
    expect(json.headers.get('content-type')).toContain('application/json');
    expect((await app.call('GET', STATUS)).status).toBe(401);
    expect((await app.call('GET', STATUS, { as: await app.person('gate') })).status).toBe(403);
  });

  it('is read while Postgres is away, by who was known a minute ago', async () => {
    expect((await app.call('GET', STATUS, { as: auditor })).status).toBe(200);
    app.postgres.decide(() => 'refuse');
    for (const path of [STATUS, HEALTH, '/v1/observability/metrics'])
      expect((await app.call('GET', path, { as: auditor })).status, path).toBe(200);
  });
});
