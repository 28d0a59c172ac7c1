import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { BucketFault } from '../../dev/worker/faulty-bucket.ts';
import { type App, type Person, startApp, until } from '../app.ts';
import { queued } from '../broker.ts';
import { changesOf, chunksOf, fileOf } from '../export-files.ts';
import { insertRecords } from '../records.ts';

type DecidePut = (seq: number) => BucketFault | Promise<BucketFault>;
type Verb = 'pause' | 'resume' | 'cancel' | 'retry';
const VERBS = ['pause', 'resume', 'cancel', 'retry'] as const;

let app: App;
let auditor: Person;
let service: string;
/** The file nobody disturbed. */
let clean: string;
let cleanParts: number;
/** What becomes of the put of a part, by its place in the file. */
let onPut: DecidePut = () => 'none';
const LEASE_SECONDS = 2;
beforeAll(async () => {
  app = await startApp(
    {
      EXPORT_CHUNK_BYTES: '15000',
      EXPORT_CHUNKS_PER_RUN: '50',
      EXPORT_LEASE_SECONDS: String(LEASE_SECONDS),
      EXPORT_CONCURRENCY_PER_ADMIN: '1',
    },
    { bucket: ({ method, key }) => (method === 'put' ? onPut(Number(key.slice(-6))) : 'none') },
  );
  auditor = await app.person('auditor');
  service = await app.service();
  await insertRecords(app, service, { count: 300, days: 2 });
  const { id, file } = await fileOf(app, auditor, changesOf(service));
  clean = file?.text ?? '';
  cleanParts = (await chunksOf(app, id)).length;
});
const heal = () => {
  onPut = () => 'none';
  app.clickhouse.decide(() => 'none');
  app.postgres.decide(() => 'none');
};
beforeEach(heal);
afterAll(() => app.stop());

/** Holds the put of this part until it is let go. */
function holdAt(seq: number) {
  let [isReached, letGo] = [false, () => {}];
  const held = new Promise<BucketFault>((resolve) => {
    letGo = () => resolve('none');
  });
  onPut = (each) => {
    if (each !== seq) return 'none';
    isReached = true;
    return held;
  };
  return { reached: () => until(async () => isReached, `part ${seq} is on its way`), letGo };
}

const control = (verb: Verb, id: string, as: Person = auditor, reason = '') =>
  app.call('POST', `/v1/admin/exports/${id}/${verb}`, { as, headers: reason ? { 'Audit-Reason': reason } : {} });
const done = async (verb: Verb, id: string, as: Person = auditor, reason = '') => {
  const answer = await control(verb, id, as, reason);
  if (answer.status !== 200) throw new Error(`${verb}: ${answer.status} ${answer.text}`);
  return answer.json;
};
const ask = () => app.exported(auditor, changesOf(service));
/** An export with its first parts committed and the next one on its way. */
async function running(parts = 2) {
  const hold = holdAt(parts);
  const id = await ask();
  await hold.reached();
  await until(async () => (await rowOf(id)).next_seq === parts, `${parts} parts are committed`);
  return { id, letGo: hold.letGo };
}
const rowOf = async (id: string) => (await app.db.query('SELECT * FROM admin_exports WHERE id = $1', [id])).rows[0];
const viewOf = async (id: string, as: Person = auditor) =>
  (await app.call('GET', `/v1/admin/exports/${id}`, { as })).json;
const stored = async (id: string) => {
  const bucket = await app.worker().miniflare.getR2Bucket('STORE', 'faulty-bucket');
  const { objects } = await bucket.list({ prefix: `exports/${id}/` });
  return objects.map(({ key, etag, uploaded }) => `${key.slice(-8)} ${etag} ${uploaded.toISOString()}`);
};
const sweep = () => app.worker().scheduled('* * * * *');
/** Delivers the export's message as often, and lets the sweep look for it. */
async function nudge(id: string, times: number) {
  const message = () => queued({ v: 1, kind: 'export.run', exportId: id });
  for (let n = 0; n < times; n++) {
    await app.broker.deliver([message()], { queue: 'exports' });
    await sweep();
  }
}
const die = (id: string) =>
  app.broker.deliver([queued({ v: 1, kind: 'export.run', exportId: id })], { queue: 'exports-dlq', attempts: 11 });
/** Nobody can be at work on it any more: the sweep removes whatever is left. */
async function purged(id: string) {
  await until(async () => {
    await sweep();
    return (await rowOf(id)).purged_at !== null;
  }, 'the sweep has looked once more');
}
const recordsOf = async (id: string) => {
  await app.drained();
  return (await app.auditOf(id))
    .filter(({ action }) => action !== 'export.read')
    .map(({ action, outcome, actor_id, before_state, after_state, reason }) => ({
      ...{ action, outcome, actor: actor_id, reason },
      before: JSON.parse(before_state || 'null'),
      after: JSON.parse(after_state || 'null'),
    }));
};
const countOf = async (id: string, action: string, outcome = 'success') =>
  (await recordsOf(id)).filter((each) => each.action === action && each.outcome === outcome).length;
const removed = async (id: string) =>
  (await recordsOf(id)).filter(({ action }) => action === 'export.purge').map(({ after }) => after.objects as number);
const download = async (view: { downloadUrl: string }) => (await app.download(view.downloadUrl)).text;

describe('export-control.pause', () => {
  it('stops a running export between parts; resumed, it goes on to the same file', async () => {
    const { id, letGo } = await running();
    const paused = await done('pause', id);
    expect([paused.status, paused.phase, paused.rowsDone > 0]).toEqual(['processing', 'paused', true]);
    letGo();
    // What was on its way may still arrive, and nothing after it.
    await nudge(id, 1);
    const [objects, manifest, row] = [await stored(id), await chunksOf(app, id), await rowOf(id)];
    expect([manifest.length, row.next_seq]).toEqual([2, 2]);
    await die(id);
    const quietUntil = Date.now() + LEASE_SECONDS * 1000 + 1000;
    while (Date.now() < quietUntil) await nudge(id, 3);
    expect(await stored(id)).toEqual(objects);
    expect(await chunksOf(app, id)).toEqual(manifest);
    expect(await rowOf(id)).toEqual(row);
    expect((await done('pause', id)).phase).toBe('paused');
    expect(await rowOf(id)).toEqual(row);
    expect((await done('resume', id)).phase).toBe('running');
    const view = await app.finished(auditor, id);
    expect([view.status, view.rowsDone, view.cutoff]).toEqual(['ready', 300, paused.cutoff]);
    expect(await download(view)).toBe(clean);
    expect((await chunksOf(app, id)).slice(0, 2)).toEqual(manifest);
    expect(await stored(id)).toEqual(expect.arrayContaining(objects));
    expect([await countOf(id, 'export.pause'), await countOf(id, 'export.resume')]).toEqual([1, 1]);
    console.log(
      `pause: ${objects.length} objects and 2 parts unchanged for ${LEASE_SECONDS + 1} s, then the same file`,
    );
  });

  it('keeps one from beginning that is queued', async () => {
    // At its last part: it makes way for nobody any more.
    const first = await running(cleanParts - 1);
    const id = await ask();
    expect(await done('pause', id)).toMatchObject({ status: 'queued', phase: 'paused' });
    first.letGo();
    expect((await app.finished(auditor, first.id)).status).toBe('ready');
    await nudge(id, 3);
    expect([await viewOf(id), await stored(id)]).toMatchObject([{ status: 'queued', phase: 'paused' }, []]);
    await done('resume', id);
    expect(await download(await app.finished(auditor, id))).toBe(clean);
  });
});

describe('export-control.retry', () => {
  it('goes on from the last committed part after every try broke off', async () => {
    onPut = (seq) => (seq === 2 ? 'refuse' : 'none');
    const id = await ask();
    await until(async () => (await rowOf(id)).last_error !== null, 'a run broke off');
    await die(id);
    const failed = await app.finished(auditor, id);
    expect([failed.status, failed.phase]).toEqual(['failed', 'failed']);
    const [objects, manifest] = [await stored(id), await chunksOf(app, id)];
    expect([objects.length, manifest.length]).toEqual([2, 2]);
    heal();
    expect(await done('retry', id, auditor, 'store is back')).toMatchObject({ status: 'queued', failureReason: null });
    const view = await app.finished(auditor, id);
    expect([view.status, view.cutoff, view.rowsDone]).toEqual(['ready', failed.cutoff, 300]);
    expect(await download(view)).toBe(clean);
    expect((await stored(id)).slice(0, 2)).toEqual(objects);
    expect((await chunksOf(app, id)).slice(0, 2)).toEqual(manifest);
    console.log(`retry: 2 parts untouched, ${(await chunksOf(app, id)).length - 2} written, the same file`);
  });

  it('begins anew where what is written cannot become the file', async () => {
    const { id, letGo } = await running();
    await app.db.query('UPDATE admin_exports SET rows_expected = 301 WHERE id = $1', [id]);
    letGo();
    const failed = await app.finished(auditor, id);
    expect(failed.failureReason).toMatch(/^301 rows were expected and 300 were written.*Retry it; it begins anew\.$/);
    expect(await done('retry', id)).toMatchObject({ status: 'queued', rowsDone: 0, rowsExpected: null });
    const view = await app.finished(auditor, id);
    expect([view.status, view.cutoff, await download(view)]).toEqual(['ready', failed.cutoff, clean]);
    expect([(await rowOf(id)).generation, (await rowOf(id)).begin_anew]).toEqual([1, false]);
  });

  it('is refused, as is every verb where it means nothing, with what can be done', async () => {
    const ready = await ask();
    await app.finished(auditor, ready);
    const { id: cancelled, letGo } = await running();
    expect((await control('resume', cancelled)).status).toBe(200);
    expect((await control('retry', cancelled)).status).toBe(200);
    await done('cancel', cancelled);
    letGo();
    const refusals: [Verb, string, RegExp][] = [
      // Before the sweep has removed what it could go on with.
      ['retry', cancelled, /failed export .*request it again\. This one is cancelled\.$/],
      ['pause', ready, /under way can be paused\. This one is ready\.$/],
      ['resume', ready, /paused export can be resumed\. This one is ready\.$/],
      ['cancel', ready, /under way can be cancelled\. This one is ready\.$/],
      ['retry', ready, /failed export .*request it again\. This one is ready\.$/],
      ['pause', cancelled, /This one is cancelled\.$/],
      ['resume', cancelled, /This one is cancelled\.$/],
    ];
    for (const [verb, id, detail] of refusals) {
      const { status, json } = await control(verb, id);
      expect([verb, status, json.code, json.detail]).toEqual([verb, 409, 'conflict', expect.stringMatching(detail)]);
    }
    for (const [verb, id] of refusals)
      expect([verb, await countOf(id, `export.${verb}`, 'failure')]).toEqual([verb, 1]);
    // Nothing was changed by what was the case already, and nothing recorded.
    expect([await countOf(cancelled, 'export.resume'), await countOf(cancelled, 'export.retry')]).toEqual([0, 0]);
    console.log(`control: ${refusals.length} refusals, each with what can be done`);
  });

  it('names what broke off and what to do, for every store', async () => {
    const refuseRows = (fault: 'error' | 'refuse' | { endAfter: number }) => () =>
      app.clickhouse.decide(({ path, body }) => ((path + body).includes('TSVRaw') ? fault : 'none'));
    const causes: [string, () => void, RegExp][] = [
      ['refused', refuseRows('error'), /because the audit store was away, refused the query or broke it off\./],
      ['away', refuseRows('refuse'), /because the audit store was away/],
      ['truncated', refuseRows({ endAfter: 3000 }), /because the data store gave no whole answer/],
      [
        'file store',
        () => (onPut = () => 'refuse'),
        /because the file store did not take or give a part of the file\./,
      ],
      [
        'database',
        () => app.postgres.decide(({ body }) => (body.includes('admin_export_chunks') ? 'refuse' : 'none')),
        /because the database did not answer\./,
      ],
    ];
    for (const [name, breakIt, wanted] of causes) {
      breakIt();
      const id = await ask();
      await until(async () => (await rowOf(id)).last_error !== null, `${name}: a run broke off`);
      expect((await viewOf(id)).lastError).toBe((await rowOf(id)).last_error);
      heal();
      await die(id);
      const { status, failureReason } = await app.finished(auditor, id);
      expect([name, status, failureReason]).toEqual([name, 'failed', expect.stringMatching(wanted)]);
      expect(failureReason).toMatch(/retry the export to go on from there\.$/);
      expect(failureReason).not.toMatch(/Error|127\.0\.0\.1|SELECT|%s|Exception/);
      console.log(`${name}: ${failureReason}`);
      await done('retry', id);
      const view = await app.finished(auditor, id);
      expect([name, view.status, await download(view)]).toEqual([name, 'ready', clean]);
    }
  });
});

describe('export-control.who', () => {
  it('may also be somebody else who may download it, and nobody besides', async () => {
    const [other, elsewhere, viewer] = [
      await app.person('operator'),
      await app.person('auditor', await app.service()),
      await app.person('viewer'),
    ];
    const { id, letGo } = await running();
    const absent = (await control('pause', crypto.randomUUID(), elsewhere)).json;
    for (const verb of VERBS) {
      const [hidden, forbidden] = [await control(verb, id, elsewhere), await control(verb, id, viewer)];
      expect([hidden.status, hidden.json.detail]).toEqual([404, absent.detail]);
      expect([forbidden.status, forbidden.json.detail]).toEqual([403, expect.stringContaining('exports.request')]);
      expect((await app.call('POST', `/v1/admin/exports/${id}/${verb}`)).status).toBe(401);
    }
    expect(await viewOf(id)).toMatchObject({ status: 'processing', phase: 'running' });
    await done('pause', id, other, 'why one');
    await done('resume', id, other, 'why two');
    letGo();
    expect(await download(await app.finished(auditor, id))).toBe(clean);

    app.clickhouse.decide(({ path, body }) => ((path + body).includes('TSVRaw') ? 'error' : 'none'));
    const second = await ask();
    await die(second);
    await done('retry', second, other, 'why three');
    await done('cancel', second, other, 'why four');
    expect((await viewOf(second)).failureReason).toBe(`Cancelled by ${other.email}.`);
    const ofOther = [...(await recordsOf(id)), ...(await recordsOf(second))].filter(({ actor }) => actor === other.id);
    expect(ofOther).toMatchObject([
      ...[
        {
          action: 'export.pause',
          outcome: 'success',
          reason: 'why one',
          before: { paused: false },
          after: { paused: true },
        },
      ],
      ...[
        {
          action: 'export.resume',
          outcome: 'success',
          reason: 'why two',
          before: { paused: true },
          after: { paused: false },
        },
      ],
      ...[{ action: 'export.retry', reason: 'why three', before: { status: 'failed' }, after: { status: 'queued' } }],
      ...[{ action: 'export.cancel', reason: 'why four', after: { status: 'failed' } }],
    ]);
    const denied = (await recordsOf(id)).filter(({ outcome }) => outcome === 'denied');
    for (const person of [elsewhere, viewer])
      expect(denied.filter(({ actor }) => actor === person.id).map(({ action }) => action)).toEqual(
        VERBS.map((verb) => `export.${verb}`),
      );
    console.log('control: 4 verbs × no permission, not theirs, no token: 12 refused, 8 recorded as denied');
  });

  it('has one effect, of two verbs at once', async () => {
    const rounds: { id: string; paused: number }[] = [];
    while (rounds.length < 4) {
      const { id, letGo } = await running();
      const [pause, cancel] = await Promise.all([control('pause', id), control('cancel', id)]);
      expect([cancel.status, [200, 409].includes(pause.status)]).toEqual([200, true]);
      letGo();
      expect(await viewOf(id)).toMatchObject({ status: 'failed', phase: 'cancelled' });
      expect((await rowOf(id)).paused_at).toBeNull();
      rounds.push({ id, paused: pause.status === 200 ? 1 : 0 });
    }
    onPut = (seq) => (seq === 2 ? 'refuse' : 'none');
    const id = await ask();
    await until(async () => (await rowOf(id)).last_error !== null, 'a run broke off');
    await die(id);
    heal();
    const answers = await Promise.all(Array.from({ length: 5 }, () => control('retry', id)));
    // One that comes when the file is ready already has nothing to retry.
    expect(answers.every(({ status }) => [200, 409].includes(status))).toBe(true);
    const view = await app.finished(auditor, id);
    expect([view.status, await download(view), await countOf(id, 'export.retry')]).toEqual(['ready', clean, 1]);
    expect(await countOf(id, 'export.complete')).toBe(1);
    for (const { id, paused } of rounds)
      expect([await countOf(id, 'export.cancel'), await countOf(id, 'export.pause')]).toEqual([1, paused]);
    console.log(`control: pause and cancel at once ${rounds.length} times, retry 5 times at once: one effect each`);
  });
});

describe('export-control.end', () => {
  it('of an expired file: its objects are gone, recorded, and no link leads to it', async () => {
    const id = await ask();
    const { downloadUrl } = await app.finished(auditor, id);
    const count = (await stored(id)).length;
    await app.db.query('UPDATE admin_exports SET expires_at = now() WHERE id = $1', [id]);
    expect((await app.download(downloadUrl)).status).toBe(410);
    await sweep();
    expect([(await viewOf(id)).status, await stored(id)]).toEqual(['expired', []]);
    await purged(id);
    expect((await app.download(downloadUrl)).status).toBe(410);
    expect([await countOf(id, 'export.expire'), await removed(id)]).toEqual([1, [count]]);
    expect((await control('retry', id)).json.detail).toMatch(/request it again\. This one is expired\.$/);
    console.log(`expiry: ${count} objects removed and recorded, download 410`);
  });

  it('of a failed one: its parts are kept for a day, then removed, and a retry says so', async () => {
    onPut = (seq) => (seq === 2 ? 'refuse' : 'none');
    const id = await ask();
    await until(async () => (await rowOf(id)).last_error !== null, 'a run broke off');
    await die(id);
    const set = (hours: number) =>
      app.db.query(`UPDATE admin_exports SET finished_at = now() - $2 * interval '1 hour' WHERE id = $1`, [id, hours]);
    await set(23.9);
    await sweep();
    expect([(await stored(id)).length, (await rowOf(id)).purged_at]).toEqual([2, null]);
    await set(24.1);
    await purged(id);
    expect([await stored(id), await removed(id)]).toEqual([[], [2]]);
    const refused = await control('retry', id);
    expect([refused.status, refused.json.detail]).toEqual([
      409,
      'Only a failed export whose parts are still kept can be retried; request it again. This one is failed.',
    ]);
    console.log('failed: 2 parts kept for 23.9 hours, removed and recorded after 24.1');
  });
});

describe('export-control.cancel', () => {
  it('ends a queued, a running and a paused one, and removes whatever was or is being written', async () => {
    const ended = { status: 'failed', phase: 'cancelled', failureReason: `Cancelled by ${auditor.email}.` };
    const paused = await running();
    await done('pause', paused.id);
    expect(await done('cancel', paused.id)).toMatchObject(ended);
    paused.letGo();
    const { id, letGo } = await running();
    const behind = await ask();
    expect(await done('cancel', behind, auditor, 'asked twice')).toMatchObject(ended);
    expect(await done('cancel', id)).toMatchObject(ended);
    expect((await done('cancel', id)).phase).toBe('cancelled');
    await until(async () => (await stored(id)).length === 0, 'the two parts are gone');
    letGo();
    await until(async () => (await stored(id)).length > 0, 'the one on its way arrives');
    for (const each of [id, paused.id, behind]) await purged(each);
    for (const each of [id, behind, paused.id]) {
      await nudge(each, 1);
      expect([await stored(each), await viewOf(each)]).toMatchObject([[], ended]);
    }
    const [ofFirst, ofThird] = [await removed(id), await removed(paused.id)];
    expect([ofFirst[0], ofFirst.length, await removed(behind)]).toEqual([2, 2, []]);
    expect(ofThird.reduce((sum, n) => sum + n, 0)).toBeGreaterThanOrEqual(2);
    const [record, ...more] = (await recordsOf(behind)).filter(({ action }) => action === 'export.cancel');
    expect([record, more]).toMatchObject([{ outcome: 'success', actor: auditor.id, reason: 'asked twice' }, []]);
    expect([record?.before.status, record?.after.status]).toEqual(['queued', 'failed']);
    console.log(`cancel: queued, running, paused; objects removed ${[...ofFirst, ...ofThird]}, left 0`);
  });
});
