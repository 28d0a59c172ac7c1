import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, type Person, startApp, until } from '../app.ts';
import { insertRecords } from '../records.ts';

let app: App;
/** Milliseconds that each part takes to be stored. */
let partMs = 0;
beforeAll(async () => {
  app = await startApp(
    { EXPORT_CHUNK_BYTES: '60000' },
    { bucket: () => new Promise((resolve) => setTimeout(() => resolve('none'), partMs)) },
  );
});
afterAll(() => app.stop());

const viewOf = async (as: Person, id: string) => (await app.call('GET', `/v1/admin/exports/${id}`, { as })).json;

describe('exports.turns', () => {
  it('lets a short export pass a long one, its own admin’s and somebody else’s, and finishes the long one too', async () => {
    const [mine, theirs] = [await app.person('auditor'), await app.person('auditor')];
    const [long, short] = [await app.service(), await app.service()];
    await insertRecords(app, long, { count: 12_000, days: 3 });
    await insertRecords(app, short, { count: 100, days: 1 });
    const action = 'service.config.update';
    // So that the long one takes its time, however fast the machine is.
    partMs = 100;
    const longId = await app.exported(mine, { serviceId: long, action });
    await until(async () => (await viewOf(mine, longId)).rowsDone > 0, 'the long one has begun');
    const waits: number[] = [];
    for (const person of [theirs, mine]) {
      const began = Date.now();
      const view = await app.finished(person, await app.exported(person, { serviceId: short, action }));
      waits.push(Date.now() - began);
      expect([view.status, view.rowsDone]).toEqual(['ready', 100]);
      const { status, rowsDone } = await viewOf(mine, longId);
      expect([status, rowsDone < 12_000]).toEqual(['processing', true]);
    }
    partMs = 0;
    const view = await app.finished(mine, longId);
    expect([view.status, view.rowsDone]).toEqual(['ready', 12_000]);
    console.log(
      `turns: beside one of 12,000 rows, short ones of another and the same admin took ${waits.join(' and ')} ms`,
    );
  });
});
