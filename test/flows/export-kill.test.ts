import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, type Person, startApp, until } from '../app.ts';
import { insertRecords } from '../records.ts';

let app: App;
let auditor: Person;
beforeAll(async () => {
  app = await startApp({ EXPORT_CHUNK_BYTES: '4000', EXPORT_LEASE_SECONDS: '1' });
  auditor = await app.person('auditor');
});
afterAll(() => app.stop());

describe('an export whose runtime is killed', () => {
  it('ends byte-identical, killed with kill -9 at ten points', async () => {
    const service = await app.service();
    await insertRecords(app, service, { count: 700, days: 3 });
    const parameters = { serviceId: service, action: 'service.config.update' };
    const clean = await app.finished(auditor, await app.exported(auditor, parameters));
    const wanted = (await app.download(clean.downloadUrl)).text;
    const { rows } = await app.db.query('SELECT next_seq FROM admin_exports WHERE id = $1', [clean.id]);
    const chunks: number = rows[0].next_seq;
    expect(chunks).toBeGreaterThan(30);

    const at: string[] = [];
    for (let point = 0; point < 10; point++) {
      const id = await app.exported(auditor, parameters);
      const target = Math.floor((chunks * point) / 10);
      const progress = async () =>
        (await app.db.query('SELECT next_seq, status FROM admin_exports WHERE id = $1', [id])).rows[0];
      await until(async () => (await progress()).next_seq >= target, `chunk ${target} is written`);
      await app.crash();
      const { next_seq, status } = await progress();
      at.push(status === 'ready' ? 'after the end' : String(next_seq));
      await until(async () => {
        await app.worker().scheduled('* * * * *');
        await new Promise((resolve) => setTimeout(resolve, 200));
        return (await progress()).status === 'ready';
      }, 'the export is finished by another run');
      const view = await app.finished(auditor, id);
      expect(view).toMatchObject({ status: 'ready', rowsDone: 700, rowsExpected: 700 });
      expect((await app.download(view.downloadUrl)).text).toBe(wanted);
    }
    expect(at.filter((point) => point !== 'after the end').length).toBeGreaterThan(7);
    console.log(`kill -9 during an export of ${chunks} chunks: tried 10 (at chunks ${at.join(', ')}), failed 0`);
  }, 120_000);
});
