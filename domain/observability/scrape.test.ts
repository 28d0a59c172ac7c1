import { expect, it } from 'vitest';
import { scrape } from './scrape.ts';

type Scraping = Parameters<typeof scrape>[0];

const queue = { metrics: async () => ({ backlogCount: 0, backlogBytes: 0 }) };
const work = { exports: {}, export_age: 0, operations: {}, dead_letters: {} };

/** What a scrape asks, all of it answering; only where the totals come from is the test's. */
const asking = (totals: () => Promise<string>) =>
  ({
    db: { drainer: { run: async () => [{ records: 0, age: 0 }] }, api: { run: async () => [work] } },
    queues: {
      ...{ auditOutbox: queue, auditEvents: queue, telemetryForward: queue },
      ...{ exports: queue, operations: queue, notifications: queue },
    },
    metricStore: { waiting: async () => 3, totals },
    statusLog: { report: async () => ({ components: [], incidents: [], skewMs: {} }) },
    now: Date.now,
    log: { warn: () => undefined, error: () => undefined },
  }) as unknown as Scraping;

const up = (text: string) => /^steward_scrape_source_up\{source="counters"\} (\d)$/m.exec(text)?.[1];

it('says that counters are missing when they are, even if their store says how many minutes wait', async () => {
  const text = await scrape(
    asking(() => Promise.reject(new Error('reset'))),
    'prometheus',
  );
  expect(text).toContain('steward_metric_batches_waiting 3\n');
  expect(text).not.toContain('steward_http_requests_total');
  expect(up(text)).toBe('0');
});

it('says that they are there when they are', async () => {
  const text = await scrape(
    asking(async () => JSON.stringify([['steward_http_requests_total', ['/v1/a', 'GET', '200'], [7]]])),
    'openmetrics',
  );
  expect(text).toContain('steward_http_requests_total{route="/v1/a",method="GET",status="200"} 7\n');
  expect(up(text)).toBe('1');
});
