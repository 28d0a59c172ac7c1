import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BucketFault } from '../../dev/worker/faulty-bucket.ts';
import { type App, type Person, startApp, until } from '../app.ts';
import type { Fault } from '../faulty-proxy.ts';
import { insertRecords } from '../records.ts';
import { campaign } from './campaign.ts';

const { seed, runs, random, pick } = campaign(3);

const CLICKHOUSE: Fault[] = [
  'refuse',
  'error',
  'lose-reply',
  { breakAfter: 3000 },
  { endAfter: 3000 },
  { endAfter: 0 },
];
/** Of a reading; what is asked once is given up after half a minute only. */
const READING: Fault[] = [...CLICKHOUSE, { stallAfter: 3000 }];
const POSTGRES: Fault[] = ['refuse', 'lose-reply'];
const BUCKET: BucketFault[] = ['refuse', 'lose-reply', 'late', 'cut'];

let app: App;
let auditor: Person;
let breakBucket = (): BucketFault => 'none';
let bucketFaults = 0;
beforeAll(async () => {
  app = await startApp(
    { EXPORT_CHUNK_BYTES: '15000', EXPORT_CHUNKS_PER_RUN: '5', EXPORT_LEASE_SECONDS: '1' },
    {
      bucket: () => {
        const fault = breakBucket();
        if (fault !== 'none') bucketFaults++;
        return fault;
      },
    },
  );
  auditor = await app.person('owner');
});
afterAll(() => app.stop());

const heal = () => {
  app.clickhouse.decide(() => 'none');
  app.postgres.decide(() => 'none');
  breakBucket = () => 'none';
};

/** Fails a fifth of what the stores are asked; a client's own requests are not tried on, so they are let through. */
function breakThings(): void {
  app.clickhouse.decide(({ path, body }) =>
    random() < 0.2 ? pick((path + body).includes('TSVRaw') ? READING : CLICKHOUSE) : 'none',
  );
  const isRuns = /UPDATE|audit_outbox|string_agg/;
  app.postgres.decide(({ body }) => (isRuns.test(body) && random() < 0.2 ? pick(POSTGRES) : 'none'));
  breakBucket = () => (random() < 0.2 ? pick(BUCKET) : 'none');
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

async function request(body: object): Promise<string> {
  const answer = await app.call('POST', '/v1/admin/exports', { as: auditor, body });
  if (answer.status !== 202) throw new Error(answer.text);
  return answer.json.id;
}

async function disturbedRun(body: object): Promise<string> {
  const id = await request(body);
  breakThings();
  const killedIn = random() < 0.4 ? Math.floor(random() * 5) : -1;
  for (let round = 0; round < 5; round++) {
    // Up to three consumers at once, beside the queue's own delivery.
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

const bytesOf = async (link: string) => {
  const { pathname, search } = new URL(link);
  const answer = await fetch(new URL(pathname + search, app.worker().url));
  return { bytes: Buffer.from(await answer.arrayBuffer()), digest: answer.headers.get('repr-digest') };
};

/** From both engines, in every text format, packed and not. */
async function kinds(): Promise<object[]> {
  const service = await app.service();
  await insertRecords(app, service, { count: 400, days: 3 });
  await app.db.query(
    `INSERT INTO service_tester_users (id, service_id, user_id, note, created_by)
     SELECT gen_random_uuid(), $1, gen_random_uuid(), repeat('n', 150), $2 FROM generate_series(1, 400)`,
    [service, auditor.id],
  );
  const records = { exportType: 'audit_logs', parameters: { serviceId: service, action: 'service.config.update' } };
  const testers = { exportType: 'testers', parameters: { serviceId: service } };
  return [
    { ...records, fileFormat: 'csv' },
    { ...records, fileFormat: 'ndjson', compression: 'gzip' },
    { ...testers, fileFormat: 'csv' },
    { ...testers, fileFormat: 'json' },
  ];
}

describe('exports while everything around them fails', () => {
  it(`end ready and byte-identical, or failed with a reason: ${runs} seeded runs`, async () => {
    heal();
    const undisturbed = await Promise.all(
      (await kinds()).map(async (body) => {
        const view = await app.finished(auditor, await request(body));
        expect(view).toMatchObject({ status: 'ready', rowsDone: 400 });
        return { body, ...(await bytesOf(view.downloadUrl)) };
      }),
    );
    const ended = { ready: 0, failed: 0 };
    const before = app.clickhouse.faults() + app.postgres.faults();
    for (let run = 0; run < runs; run++) {
      const { body, bytes, digest } = undisturbed[run % undisturbed.length] as (typeof undisturbed)[number];
      const view = await app.finished(auditor, await disturbedRun(body));
      if (view.status === 'failed') expect(view.failureReason).toMatch(/retry/i);
      else {
        const file = await bytesOf(view.downloadUrl);
        expect([run, file.bytes.equals(bytes), file.digest]).toEqual([run, true, digest]);
      }
      ended[view.status as 'ready' | 'failed']++;
    }
    const faults = app.clickhouse.faults() + app.postgres.faults() - before + bucketFaults;
    expect(bucketFaults).toBeGreaterThan(runs / 2);
    expect(faults).toBeGreaterThan(runs);
    expect(ended.ready).toBeGreaterThan(0);
    console.log(
      `exports: seed ${seed}, tried ${runs}, faults ${faults} (${bucketFaults} of them of the file store), ready ${ended.ready}, failed with a reason ${ended.failed}, wrong or hanging 0`,
    );
  });
});
