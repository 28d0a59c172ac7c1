import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, type Person, startApp, until } from '../app.ts';
import type { Fault } from '../faulty-proxy.ts';
import { insertRecords } from '../records.ts';
import { campaign } from './campaign.ts';

let app: App;
let auditor: Person;
beforeAll(async () => {
  app = await startApp({ EXPORT_CHUNK_BYTES: '15000', EXPORT_CHUNKS_PER_RUN: '5', EXPORT_LEASE_SECONDS: '1' });
  auditor = await app.person('auditor');
});
afterAll(() => app.stop());

const { seed, runs, random, pick } = campaign(8);

const CLICKHOUSE: Fault[] = [
  'refuse',
  'error',
  'lose-reply',
  { breakAfter: 3000 },
  { endAfter: 3000 },
  { endAfter: 0 },
];
const POSTGRES: Fault[] = ['refuse', 'lose-reply'];

const heal = () => {
  app.clickhouse.decide(() => 'none');
  app.postgres.decide(() => 'none');
};

/** Fails a fifth of what the engines are asked; a client's own requests are not tried on, so they are let through. */
function breakThings(): void {
  app.clickhouse.decide(() => (random() < 0.2 ? pick(CLICKHOUSE) : 'none'));
  app.postgres.decide(({ body }) => (/UPDATE|audit_outbox/.test(body) && random() < 0.2 ? pick(POSTGRES) : 'none'));
}

async function deliver(exportId: string, times: number): Promise<void> {
  const worker = await app.worker().miniflare.getWorker('steward');
  const message = (n: number) => ({
    id: `${exportId}-${n}`,
    timestamp: new Date(),
    attempts: 1,
    body: { v: 1, kind: 'export.run', exportId },
  });
  await Promise.allSettled(Array.from({ length: times }, (_, n) => worker.queue('exports', [message(n)])));
}

async function disturbedRun(parameters: Record<string, unknown>): Promise<string> {
  const id = await app.exported(auditor, parameters);
  breakThings();
  const killedIn = random() < 0.4 ? Math.floor(random() * 5) : -1;
  for (let round = 0; round < 5; round++) {
    await deliver(id, 1 + Math.floor(random() * 3));
    await new Promise((resolve) => setTimeout(resolve, 150));
    if (round === killedIn) await app.crash();
  }
  heal();
  // A batch whose claim was not heard is free once its lease ends; nobody waits a minute for that here.
  await app.db.query('UPDATE audit_outbox SET leased_until = now() WHERE sent_at IS NULL AND leased_until IS NOT NULL');
  await until(async () => {
    const { rows } = await app.db.query('SELECT status FROM admin_exports WHERE id = $1', [id]);
    if (['ready', 'failed'].includes(rows[0].status)) return true;
    await app.worker().scheduled('* * * * *');
    await new Promise((resolve) => setTimeout(resolve, 200));
    return false;
  }, `export ${id} ends (seed ${seed})`);
  return id;
}

describe('exports while everything around them fails', () => {
  it(`end ready and byte-identical, or failed with a reason: ${runs} seeded runs`, async () => {
    const service = await app.service();
    await insertRecords(app, service, { count: 400, days: 3 });
    const parameters = { serviceId: service, action: 'service.config.update' };
    heal();
    const clean = await app.finished(auditor, await app.exported(auditor, parameters));
    const wanted = (await app.download(clean.downloadUrl)).text;
    const ended = { ready: 0, failed: 0 };
    const before = app.clickhouse.faults() + app.postgres.faults();
    for (let run = 0; run < runs; run++) {
      const id = await disturbedRun(parameters);
      const view = await app.finished(auditor, id);
      if (view.status === 'failed') expect(view.failureReason).not.toBe('');
      else expect([run, (await app.download(view.downloadUrl)).text === wanted]).toEqual([run, true]);
      ended[view.status as 'ready' | 'failed']++;
    }
    const faults = app.clickhouse.faults() + app.postgres.faults() - before;
    expect(faults).toBeGreaterThan(runs);
    expect(ended.ready).toBeGreaterThan(0);
    console.log(
      `exports: seed ${seed}, tried ${runs}, faults ${faults}, ready ${ended.ready}, failed with a reason ${ended.failed}, wrong or hanging 0`,
    );
  }, 150_000);
});
