import { describe, expect, it } from 'vitest';
import type { Context } from '../context.ts';
import { readStatus } from './read-status.ts';
import type { ComponentState, Day, Incident } from './status.ts';

const NOW = Date.parse('2026-11-23T12:00:00Z');
const state = (component: ComponentState['component'], checkedAt: number): ComponentState => ({
  ...{ component, status: 'ok', latencyMs: 1, errorCode: null, since: NOW - 1000, checkedAt, lastError: null },
});

const read = (o: { checkedAt?: number; days?: Day[]; incidents?: Incident[] }) =>
  readStatus({
    now: () => NOW,
    statusLog: {
      report: async () => ({
        components: (['queues', 'clickhouse', 'postgres'] as const).map((name) => state(name, o.checkedAt ?? NOW)),
        incidents: o.incidents ?? [],
        skewMs: {},
      }),
      days: async () => o.days ?? [],
    } as unknown as Context['statusLog'],
  });

describe('the status', () => {
  it('has the components in their order, with every one of 90 days', async () => {
    const days: Day[] = [
      { component: 'postgres', day: '2026-11-23', ok: 90, degraded: 9, down: 1 },
      { component: 'postgres', day: '2026-08-26', ok: 100, degraded: 0, down: 0 },
      { component: 'clickhouse', day: '2026-11-22', ok: 0, degraded: 0, down: 5 },
    ];
    const { status, components } = await read({ days });
    expect(status).toBe('ok');
    expect(components.map(({ name }) => name)).toEqual(['postgres', 'clickhouse', 'queues']);
    const [postgres, clickhouse, queues] = components;
    expect(postgres?.days).toHaveLength(90);
    expect([postgres?.days[0]?.day, postgres?.days.at(-1)?.day]).toEqual(['2026-08-26', '2026-11-23']);
    expect(postgres?.days.at(-1)).toMatchObject({ uptime: 0.99, down: 1 });
    expect(postgres?.uptime).toBeCloseTo(199 / 200);
    expect([clickhouse?.uptime, queues?.uptime]).toEqual([0, null]);
  });

  it('is not ok while an incident is open, nor when the clock has stood still', async () => {
    const incident: Incident = {
      ...{ id: 'i', rule: 'dead_letters', subject: 'exports', severity: 'warning', openedAt: NOW, closedAt: null },
    };
    const open = await read({ incidents: [incident] });
    expect([open.status, open.incidents[0]?.title]).toEqual(['degraded', 'Queue exports']);
    expect((await read({ incidents: [{ ...incident, closedAt: NOW }] })).status).toBe('ok');
    const late = await read({ checkedAt: NOW - 181_000 });
    expect([late.status, late.isStale]).toEqual(['degraded', true]);
    expect(await read({ checkedAt: NOW - 179_000 })).toMatchObject({ status: 'ok', isStale: false });
    expect(await read({ checkedAt: 0 })).toMatchObject({ checkedAt: null, isStale: true });
  });
});
