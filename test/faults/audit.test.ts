import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, type Person, startApp } from '../app.ts';
import type { Fault } from '../faulty-proxy.ts';
import { campaign } from './campaign.ts';

let app: App;
let operator: Person;
beforeAll(async () => {
  app = await startApp();
  operator = await app.person('operator');
});
afterAll(() => app.stop());

const { seed, runs, random, pick } = campaign(3);

const CHANGES = 20;
const CLICKHOUSE: Fault[] = ['refuse', 'error', 'lose-reply', { endAfter: 0 }];
const POSTGRES: Fault[] = ['refuse', 'lose-reply'];

async function deliver(times: number): Promise<void> {
  const worker = await app.worker().miniflare.getWorker('steward');
  const nudge = (n: number) => ({
    id: `n${n}`,
    timestamp: new Date(),
    attempts: 1,
    body: { v: 1, kind: 'audit.drain' },
  });
  await Promise.allSettled(Array.from({ length: times }, (_, n) => worker.queue('audit-outbox', [nudge(n)])));
}

describe('audit records while everything around them fails', () => {
  it(`are all stored, each once: ${runs} seeded runs`, async () => {
    let [offered, stored, faultsBefore] = [0, 0, 0];
    faultsBefore = app.clickhouse.faults() + app.postgres.faults();
    for (let run = 0; run < runs; run++) {
      const service = await app.service();
      app.clickhouse.decide(() => (random() < 0.4 ? pick(CLICKHOUSE) : 'none'));
      // The drainer's requests only: a PATCH whose reply is lost has no answer this test could hold against it.
      app.postgres.decide(({ body }) => (body.includes('batch_id') && random() < 0.3 ? pick(POSTGRES) : 'none'));
      for (let n = 0; n < CHANGES; n++) {
        const answer = await app.patch(operator, service, { rateLimitRequests: 100 + n });
        expect(answer.status).toBe(200);
        if (random() < 0.3) void deliver(1 + Math.floor(random() * 3));
      }
      await deliver(3);
      if (random() < 0.3) await app.crash();
      app.clickhouse.decide(() => 'none');
      app.postgres.decide(() => 'none');
      // What a lost consumer holds is free once its lease ends; nobody waits a minute for that here.
      await app.db.query(
        'UPDATE audit_outbox SET leased_until = now() WHERE sent_at IS NULL AND leased_until IS NOT NULL',
      );
      await app.drained();
      const rows = await app.auditOf(service);
      offered += CHANGES;
      stored += rows.length;
      expect([run, rows.length, new Set(rows.map(({ id }) => id)).size]).toEqual([run, CHANGES, CHANGES]);
    }
    const faults = app.clickhouse.faults() + app.postgres.faults() - faultsBefore;
    expect(faults).toBeGreaterThan(runs);
    console.log(
      `audit records: seed ${seed}, tried ${runs} runs, faults ${faults}, offered ${offered}, missing ${offered - stored}, doubled 0`,
    );
  }, 150_000);
});
