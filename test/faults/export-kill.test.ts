import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, type Person, startApp, until } from '../app.ts';
import { insertRecords } from '../records.ts';
import { campaign } from './campaign.ts';

let app: App;
let auditor: Person;
beforeAll(async () => {
  app = await startApp({ EXPORT_CHUNK_BYTES: '4000', EXPORT_CHUNKS_PER_RUN: '20', EXPORT_LEASE_SECONDS: '1' });
  auditor = await app.person('auditor');
});
afterAll(() => app.stop());

const { seed, runs, random } = campaign(3);

const progressOf = async (id: string) =>
  (await app.db.query('SELECT next_seq, status FROM admin_exports WHERE id = $1', [id])).rows[0];

async function finishedByAnother(id: string): Promise<void> {
  await until(async () => {
    await app.worker().scheduled('* * * * *');
    await new Promise((resolve) => setTimeout(resolve, 200));
    return (await progressOf(id)).status === 'ready';
  }, 'the export is finished by another run');
}

describe('an export whose runtime is killed', () => {
  it(`ends byte-identical, killed with kill -9 at ${runs} points`, async () => {
    const service = await app.service();
    await insertRecords(app, service, { count: 400, days: 3 });
    const parameters = { serviceId: service, action: 'service.config.update' };
    const clean = await app.finished(auditor, await app.exported(auditor, parameters));
    const wanted = (await app.download(clean.downloadUrl)).text;
    const chunks: number = (await progressOf(clean.id)).next_seq;
    expect(chunks).toBeGreaterThan(30);

    const at: string[] = [];
    for (let point = 0; point < runs; point++) {
      const id = await app.exported(auditor, parameters);
      const target = Math.floor((chunks * (point + random())) / runs);
      await until(async () => (await progressOf(id)).next_seq >= target, `chunk ${target} is written`);
      await app.crash();
      const { next_seq, status } = await progressOf(id);
      at.push(status === 'ready' ? 'end' : String(next_seq));
      await finishedByAnother(id);
      const view = await app.finished(auditor, id);
      expect(view).toMatchObject({ status: 'ready', rowsDone: 400, rowsExpected: 400 });
      expect((await app.download(view.downloadUrl)).text).toBe(wanted);
    }
    expect(at.filter((point) => point !== 'end').length).toBeGreaterThan(runs / 2);
    console.log(`kill -9 in an export of ${chunks} chunks: seed ${seed}, tried ${runs} (at ${at.join(' ')}), failed 0`);
  });
});
