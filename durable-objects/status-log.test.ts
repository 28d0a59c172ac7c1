/// <reference types="@cloudflare/vitest-plugin/types" />
import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Sample } from '../domain/observability/rules.ts';
import type { Probe, Status } from '../domain/observability/status.ts';
import type { Look, StatusLog } from './status-log.ts';

const { STATUS_LOG } = env as unknown as { STATUS_LOG: DurableObjectNamespace<StatusLog> };

const fresh = () => STATUS_LOG.getByName(`test:${crypto.randomUUID()}`);
const probe = (status: Status): Probe => ({
  component: 'clickhouse',
  status,
  latencyMs: 4,
  errorCode: status === 'ok' ? null : 'timeout',
});
const sample: Sample = {
  components: {},
  outboxAge: 0,
  exportAge: 0,
  queueAges: {},
  deadLetters: {},
  skewMs: {},
  requests: null,
};
const START = Date.parse('2026-11-20T23:58:00Z');
const look = (minute: number, status: Status): Look => ({
  minute: START / 1000 + minute * 60,
  probes: [probe(status)],
  sample: { ...sample, components: { clickhouse: status } },
  skewMs: { postgres: 12 },
});

describe('the status log', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'], now: START }));
  afterEach(() => void vi.useRealTimers());

  it('knows since when a component is as it is, and its last error, also after an eviction', async () => {
    const log = fresh();
    await log.observe([probe('ok')]);
    vi.setSystemTime(START + 60_000);
    await log.observe([probe('down')]);
    vi.setSystemTime(START + 90_000);
    await log.observe([probe('down')]);
    await evictDurableObject(log);
    const [known] = (await log.report()).components;
    expect(known).toMatchObject({ status: 'down', since: START + 60_000, checkedAt: START + 90_000 });
    expect(known?.lastError).toEqual({ code: 'timeout', at: START + 90_000 });
    vi.setSystemTime(START + 120_000);
    const [again] = (await log.observe([probe('ok')])).components;
    expect(again).toMatchObject({ status: 'ok', since: START + 120_000, lastError: { at: START + 90_000 } });
  });

  it('opens and closes incidents by rule, and goes on telling until somebody was told', async () => {
    const log = fresh();
    expect(await log.look(look(0, 'ok'))).toEqual([]);
    expect(await log.look(look(1, 'down'))).toEqual([]);
    const [opened, ...none] = await log.look(look(2, 'down'));
    expect(none).toEqual([]);
    expect(opened).toMatchObject({
      happened: 'opened',
      incident: { rule: 'component_down', subject: 'clickhouse', severity: 'critical', closedAt: null },
    });
    expect(await log.look(look(3, 'ok'))).toEqual([opened]);
    const both = await log.look(look(4, 'ok'));
    expect(both.map(({ happened }) => happened)).toEqual(['opened', 'closed']);
    await log.told(opened?.incident.id ?? '', 'opened');
    const [closed] = await log.look(look(5, 'ok'));
    expect(closed).toMatchObject({ happened: 'closed', incident: { id: opened?.incident.id } });
    await log.told(opened?.incident.id ?? '', 'closed');
    expect(await log.look(look(6, 'ok'))).toEqual([]);
    expect((await log.report()).incidents).toHaveLength(1);
  });

  it('counts each minute once, by the day it belongs to, for 90 days', async () => {
    const log = fresh();
    for (const minute of [0, 0, 1, 1, 1, 2, 3]) await log.look(look(minute, minute === 3 ? 'down' : 'ok'));
    await log.look(look(2, 'down'));
    expect(await log.days()).toEqual([
      { component: 'clickhouse', day: '2026-11-20', ok: 2, degraded: 0, down: 0 },
      { component: 'clickhouse', day: '2026-11-21', ok: 1, degraded: 0, down: 1 },
    ]);
    vi.setSystemTime(START + 90 * 86_400_000);
    await log.look(look(90 * 1440, 'ok'));
    const days = (await log.days()).map(({ day }) => day);
    expect(days).toEqual(['2026-11-21', '2027-02-18']);
  });

  it('begins each minute once, and none before one that was begun', async () => {
    const log = fresh();
    const begun = [];
    for (const minute of [60, 60, 120, 60, 180, 180, 120]) begun.push(await log.begin(minute));
    expect(begun).toEqual([true, false, true, false, true, false, false]);
  });

  it('keeps closed incidents for 90 days and shows the last 50', async () => {
    const log = fresh();
    await log.report();
    await runInDurableObject(log, async (_, state) => {
      for (let i = 0; i < 60; i++)
        state.storage.sql.exec(
          `INSERT INTO incidents VALUES (?, 'dead_letters', 'exports', 'warning', ?, ?, 1, 1)`,
          `i${i}`,
          START - (100 - i) * 86_400_000,
          START - (100 - i) * 86_400_000 + 1000,
        );
    });
    const { incidents } = await log.report();
    expect(incidents.map(({ id }) => id)).toEqual(Array.from({ length: 50 }, (_, i) => `i${59 - i}`));
    await log.look(look(1, 'ok'));
    await runInDurableObject(log, async (_, state) => {
      expect(state.storage.sql.exec('SELECT count(*) AS n FROM incidents').one().n).toBe(50);
    });
  });
});
