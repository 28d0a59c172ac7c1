import { describe, expect, it } from 'vitest';
import { HealthMemory, isReady, readHealth } from './health.ts';
import { UNMEASURED } from './meter-testing.ts';

type Looking = Parameters<typeof readHealth>[0];

/** Everything answers at once, unless it is told to hang or fail. */
function site() {
  const state = {
    now: 1_800_000_000_000,
    looks: 0,
    bad: new Map<string, () => Promise<never>>(),
    work: [] as Promise<unknown>[],
  };
  const say =
    <T>(name: string, value: T) =>
    async (): Promise<T> =>
      state.bad.get(name)?.() ?? value;
  const queue = { metrics: say('queues', { backlogCount: 0, backlogBytes: 0 }) };
  const ctx = {
    db: {
      api: {
        run: async ({ text }: { text: string }) => {
          if (!text.includes('clock')) return [];
          state.looks++;
          return say('postgres', [{ clock: state.now }])();
        },
      },
    },
    clickhouse: { reader: { query: say('clickhouse', { json: async () => [{ clock: state.now }] }) } },
    bucket: { head: say('files', null) },
    queues: { a: queue, b: queue },
    metricStore: { waiting: say('durable_objects', 0) },
    statusLog: { observe: async () => ({ components: [], incidents: [], skewMs: {} }) },
    probes: { cache: say('cache', null), issuer: say('issuer', 'fresh') },
    settings: { healthShareMs: 5000, healthProbeMs: 1000 },
    health: new HealthMemory(),
    meter: UNMEASURED,
    now: () => state.now,
    later: (work: Promise<unknown>) => void state.work.push(work),
    log: { error: () => undefined },
  } as unknown as Looking;
  return { state, ctx };
}

const hang = () => new Promise<never>(() => undefined);
const fail = () => Promise.reject(new Error('fetch failed: db-7.internal:5432'));

describe('a look at health', () => {
  it('is shared for five seconds, and for five more while one looks again', async () => {
    const { state, ctx } = site();
    await Promise.all([readHealth(ctx)]);
    for (let i = 0; i < 100; i++) await readHealth(ctx);
    expect(state.looks).toBe(1);
    state.now += 4999;
    await readHealth(ctx);
    expect([state.looks, state.work.length]).toEqual([1, 0]);
    state.now += 1;
    // The look after this takes its time.
    const looking = Promise.withResolvers<never>();
    state.bad.set('files', () => looking.promise);
    const before = await readHealth(ctx);
    for (let i = 0; i < 100; i++) expect(await readHealth(ctx)).toEqual(before);
    expect([state.looks, state.work.length]).toEqual([2, 1]);
    looking.resolve(null as never);
    await Promise.all(state.work);
    expect(Date.parse((await readHealth(ctx)).checkedAt)).toBe(state.now);
    state.now += 10_000;
    await readHealth(ctx);
    expect([state.looks, state.work.length]).toEqual([3, 1]);
  });

  it('is taken over from one who ended with their request', async () => {
    const { state, ctx } = site();
    await readHealth(ctx);
    state.now += 6000;
    state.bad.set('postgres', hang);
    await readHealth(ctx);
    expect(state.work).toHaveLength(1);
    state.now += 9999;
    state.bad.clear();
    await readHealth(ctx);
    expect(Date.parse((await readHealth(ctx)).checkedAt)).toBe(state.now);
  });

  it('says of each component whether it hangs or fails, in words that name nothing', async () => {
    const names = ['postgres', 'clickhouse', 'cache', 'files', 'queues', 'durable_objects', 'issuer'];
    let wrong = 0;
    for (const name of names)
      for (const [bad, code] of [
        [hang, 'timeout'],
        [fail, 'unreachable'],
      ] as const) {
        const { state, ctx } = site();
        state.bad.set(name, bad);
        const { status, components } = await readHealth(ctx);
        const found = components.filter((one) => one.status !== 'ok');
        if (status !== 'down' || found.length !== 1 || found[0]?.name !== name || found[0].lastError?.code !== code)
          wrong++;
        expect(JSON.stringify(components)).not.toContain('db-7');
        expect(await isReady(ctx), name).toBe(!['postgres', 'durable_objects', 'issuer'].includes(name));
      }
    console.log(`components that hang or fail: tried ${2 * names.length}, failed ${wrong}`);
    expect(wrong).toBe(0);
  });
});
