import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, commonApp, type Person } from '../app.ts';
import { newPlace } from '../consents.ts';

let app: App;
let owner: Person;
beforeAll(async () => {
  app = await commonApp();
  owner = await app.person('owner');
});
afterAll(() => app.stop());

describe('consents.refused', () => {
  it('publishes only with a text for the default locale', async () => {
    const { service, call, draft, row, trail } = await newPlace(app, owner);
    const locales = `/v1/admin/services/${service}/locales`;
    for (const tag of ['de-AT', 'en']) await app.call('POST', locales, { as: owner, body: { tag } });
    const id = await draft({ texts: { de: 'Ja', en: 'Yes' } });
    const refused = await call('POST', `${id}/publish`);
    expect([refused.status, refused.json.code]).toEqual([409, 'conflict']);
    expect(refused.json.detail).toContain('de-AT');
    expect((await row(id)).status).toBe('draft');
    expect(await trail(id)).toHaveLength(1);
    await call('PATCH', id, { texts: { 'de-at': 'Ja, eh' } });
    expect((await call('POST', `${id}/publish`)).status).toBe(200);
  });

  it('never changes what is published', async () => {
    const { call, draft, row, trail } = await newPlace(app, owner);
    const id = await draft();
    await call('POST', `${id}/publish`);
    const [before, recorded] = [await row(id), (await trail(id)).length];
    const attempts = [
      call('PATCH', id, { texts: { en: 'other' } }),
      call('PATCH', id, { texts: { en: 'I agree.' } }),
      call('PATCH', id, {}),
      call('PATCH', id, { effectiveFrom: null }),
      call('PATCH', id, { required: true }, { 'If-Match': '"2"' }),
      call('POST', `${id}/publish`),
      call('DELETE', id),
    ];
    for (const answer of await Promise.all(attempts))
      expect([answer.status, answer.json.code, answer.json.detail]).toEqual([
        409,
        'conflict',
        'A published version does not change; create the next one with the same code.',
      ]);
    expect(await row(id)).toEqual(before);
    expect(await trail(id)).toHaveLength(recorded);
    await expect(app.db.query(`UPDATE service_consents SET required = true WHERE id = $1`, [id])).rejects.toMatchObject(
      {
        code: '55000',
      },
    );
    console.log(`changes of a published consent: tried ${attempts.length}, taken 0`);
  });
});

describe('consents.concurrency', () => {
  it('shows everybody one text from the moment it is published', async () => {
    const { draft, call, row, trail } = await newPlace(app, owner);
    let [tried, patched, tooLate, changedAfter] = [0, 0, 0, 0];
    const lates: ReturnType<typeof call>[] = [];
    for (let round = 0; round < 20; round++) {
      const id = await draft({ code: `c${round}` });
      const patch = (n: number) => call('PATCH', id, { texts: { en: `text ${n}` } });
      const early = [patch(1), patch(2)].slice(round % 3);
      const publishing = call('POST', `${id}/publish`);
      // Of those that race any number may come first; the one that waits for the answer must not.
      const late = publishing.then(() => patch(5));
      const [published, ...patches] = await Promise.all([publishing, ...early, patch(3), patch(4), late]);
      lates.push(late);
      expect(published.status).toBe(200);
      tried += patches.length;
      patched += patches.filter(({ status }) => status === 200).length;
      tooLate += patches.filter(({ status }) => status === 409).length;
      const kept = await row(id);
      const recorded = (await trail(id)).find(({ action }) => action === 'service.consent.publish');
      const shown = [published.json.texts, recorded?.after_state.texts, (await call('GET', id)).json.texts];
      if (shown.some((texts) => JSON.stringify(texts) !== JSON.stringify(kept.texts))) changedAfter++;
      expect([kept.status, kept.version]).toEqual(['published', published.json.version]);
    }
    expect([changedAfter, patched + tooLate]).toEqual([0, tried]);
    expect((await Promise.all(lates)).map(({ status }) => status)).toEqual(Array(20).fill(409));
    console.log(
      `publish against PATCH: tried 20 publications and ${tried} patches, before ${patched}, refused ${tooLate}, changed after publication ${changedAfter}`,
    );
  });

  it('either publishes or removes', async () => {
    const { draft, call, row } = await newPlace(app, owner);
    let [removed, broken] = [0, 0];
    for (let round = 0; round < 20; round++) {
      const id = await draft();
      const publishing = call('POST', `${id}/publish`);
      // With and without a head start, so that either of them is first at times.
      const removing = (round % 2 ? call('GET', id) : Promise.resolve()).then(() => call('DELETE', id));
      const statuses = (await Promise.all([publishing, removing])).map(({ status }) => status).toSorted();
      const left = await row(id);
      if (!left) removed++;
      const expected = left ? [200, 409] : [204, 404];
      if (String(statuses) !== String(expected) || (left && left.status !== 'published')) broken++;
    }
    expect(broken).toBe(0);
    console.log(
      `publish against DELETE: tried 20, removed ${removed}, published ${20 - removed}, neither or both ${broken}`,
    );
  });
});
