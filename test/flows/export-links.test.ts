import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, type Person, startApp, until } from '../app.ts';
import { insertRecords } from '../records.ts';

let app: App;
let auditor: Person;
let exportId: string;
let whole: string;
beforeAll(async () => {
  app = await startApp({ EXPORT_CHUNK_BYTES: '20000' });
  auditor = await app.person('auditor');
  const service = await app.service();
  await insertRecords(app, service, { count: 300, days: 2 });
  exportId = await app.exported(auditor, { serviceId: service, action: 'service.config.update' });
  whole = (await app.download((await app.finished(auditor, exportId)).downloadUrl)).text;
});
afterAll(() => app.stop());

const at = (link: string) => new URL(link).pathname + new URL(link).search;
const linkOf = async (as: Person, body: object, id = exportId) => {
  const answer = await app.call('POST', `/v1/admin/exports/${id}/links`, { as, body });
  if (answer.status !== 201) throw new Error(answer.text);
  return answer.json as { url: string; expiresAt: string };
};
const oneTime = async (as = auditor) => (await linkOf(as, { kind: 'one-time' })).url;
const recordsOf = async (action: string) => {
  await app.drained();
  return (await app.auditOf(exportId))
    .filter((record) => record.action === action)
    .map(({ outcome, after_state }) => ({ outcome, ...JSON.parse(after_state || '{}') }));
};

describe('export-links.expiring', () => {
  it('lives as long as asked, never longer than the file, a week at most', async () => {
    const hours = async (body: object) =>
      Math.round((Date.parse((await linkOf(auditor, body)).expiresAt) - Date.now()) / 3_600_000);
    expect([
      await hours({}),
      await hours({ expiresInSeconds: 7200 }),
      await hours({ expiresInSeconds: 604_800 }),
    ]).toEqual([24, 2, 168]);
    for (const expiresInSeconds of [59, 604_801, 1.5]) {
      const answer = await app.call('POST', `/v1/admin/exports/${exportId}/links`, {
        as: auditor,
        body: { expiresInSeconds },
      });
      expect([answer.status, answer.json.code]).toEqual([422, 'invalid_field']);
    }
    expect((await app.download((await linkOf(auditor, {})).url)).text).toBe(whole);
    expect((await recordsOf('export.link')).at(-1)).toMatchObject({ outcome: 'success', kind: 'expiring' });
  });

  it('is made only by who may download, and only of a file', async () => {
    const path = `/v1/admin/exports/${exportId}/links`;
    expect((await app.call('POST', path, { as: await app.person('viewer'), body: {} })).status).toBe(403);
    const elsewhere = await app.person('auditor', await app.service());
    expect((await app.call('POST', path, { as: elsewhere, body: {} })).status).toBe(404);
    app.clickhouse.decide(() => 'refuse');
    const id = await app.exported(auditor, {});
    const early = await app.call('POST', `/v1/admin/exports/${id}/links`, { as: auditor, body: {} });
    expect([early.status, early.json.code]).toEqual([409, 'conflict']);
    await app.call('POST', `/v1/admin/exports/${id}/cancel`, { as: auditor });
    app.clickhouse.decide(() => 'none');
  });
});

describe('export-links.one-time', () => {
  it('opens once, however many come at once', async () => {
    const link = at(await oneTime());
    const answers = await Promise.all(Array.from({ length: 20 }, () => app.call('GET', link)));
    const got = answers.filter(({ status }) => status === 200);
    expect(got).toHaveLength(1);
    expect(got[0]?.text).toBe(whole);
    expect(answers.filter(({ status }) => status === 410)).toHaveLength(19);
    expect(answers.find(({ status }) => status === 410)?.json.detail).toContain('has been used');
    const refusals = async () =>
      (await recordsOf('export.download.end')).filter(({ outcome, range }) => outcome === 'failure' && range === null);
    await until(async () => (await refusals()).length === 19, 'every refusal is recorded');
    console.log('a one-time link opened 20 times at once: 1 file, 19 refused');
  });

  it('is not used up by HEAD, browsers, previews or scanners', async () => {
    const link = at(await oneTime());
    const looks: Record<string, string>[] = [
      { Accept: 'text/html,application/xhtml+xml', 'Sec-Fetch-Mode': 'navigate' },
      { 'Sec-Purpose': 'prefetch;prerender' },
      { Purpose: 'prefetch' },
      { 'User-Agent': 'Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)' },
      { 'User-Agent': 'facebookexternalhit/1.1' },
      { 'User-Agent': 'WhatsApp/2.23.20.0' },
      { 'User-Agent': 'TelegramBot (like TwitterBot)' },
      { 'User-Agent': 'Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)' },
      { 'User-Agent': 'SkypeUriPreview Preview/0.5' },
      { 'User-Agent': 'Twitterbot/1.0', Range: 'bytes=0-32768' },
    ];
    for (const headers of looks) {
      const answer = await app.call('GET', link, { headers });
      expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
      expect(answer.text).toContain('<form method="post">');
    }
    const head = await app.call('HEAD', link);
    expect([head.status, head.text, head.headers.get('content-length')]).toEqual([200, '', String(whole.length)]);
    expect((await app.call('POST', link)).text).toBe(whole);
    expect((await app.call('POST', link)).status).toBe(410);
    console.log(`looks at a one-time link: tried ${looks.length + 1}, used up 0`);
  });

  it('resumes by a range from the same network, for the rest only', async () => {
    const link = at(await oneTime());
    const unused = await app.call('GET', link, { headers: { 'If-None-Match': '"other"', Range: 'bytes=0-999' } });
    expect([unused.status, unused.text]).toEqual([206, whole.slice(0, 1000)]);
    const rest = await app.call('GET', link, { headers: { Range: 'bytes=1000-' } });
    expect([rest.status, rest.text]).toEqual([206, whole.slice(1000)]);
    for (const headers of [{}, { Range: 'bytes=0-' }, { Range: 'bytes=0-10' }] as Record<string, string>[])
      expect((await app.call('GET', link, { headers })).status).toBe(410);
  });

  it('is refused in the middle once the permission is gone', async () => {
    const person = await app.person('auditor');
    const link = at(await oneTime(person));
    expect((await app.call('GET', link, { headers: { Range: 'bytes=0-999' } })).status).toBe(206);
    const role = (name: string) =>
      app.db.query(`UPDATE grants SET role_id = (SELECT id FROM roles WHERE name = $2) WHERE admin_id = $1`, [
        person.id,
        name,
      ]);
    await role('viewer');
    const refused = await app.call('GET', link, { headers: { Range: 'bytes=1000-' } });
    expect([refused.status, refused.json.code]).toEqual([403, 'forbidden']);
    await role('auditor');
    expect((await app.call('GET', link, { headers: { Range: 'bytes=1000-' } })).status).toBe(206);
    console.log('permission revoked in the middle of a one-time download: resumes tried 1, allowed 0');
  });

  it('tells nothing to who has no genuine link, and uses nothing up', async () => {
    const link = at(await oneTime());
    const forged = [
      link.replace(/once=[0-9a-f]{32}/, `once=${randomBytes(16).toString('hex')}`),
      link.replace(/&once=[0-9a-f]{32}/, ''),
      link.replace('&kid=', '&bundle=zip&kid='),
    ];
    for (const other of forged) expect((await app.call('GET', other)).status).toBe(403);
    expect((await app.call('GET', link)).text).toBe(whole);
  });
});

describe('export-links.bundle', () => {
  it('gives the digest of what it sends, and 304 to who has it', async () => {
    const { url } = await linkOf(auditor, {});
    const answer = await app.download(url);
    const sha256 = createHash('sha256').update(answer.text).digest();
    expect(answer.headers.get('repr-digest')).toBe(`sha-256=:${sha256.toString('base64')}:`);
    expect((await app.finished(auditor, exportId)).sha256).toBe(sha256.toString('hex'));
    // Of the whole, whatever part is sent (RFC 9530 section 3).
    const part = await app.download(url, { Range: 'bytes=5-9' });
    expect(part.headers.get('repr-digest')).toBe(answer.headers.get('repr-digest'));
    const etag = answer.headers.get('etag') as string;
    for (const tag of [etag, `"other", ${etag}`, '*', `W/${etag}`]) {
      const unchanged = await app.download(url, { 'If-None-Match': tag });
      expect([unchanged.status, unchanged.text]).toEqual([304, '']);
    }
    expect((await app.download(url, { 'If-None-Match': '"other"' })).status).toBe(200);
  });

  it('records each download before and after, with the bytes sent', async () => {
    const before = (await recordsOf('export.download.end')).length;
    const { url } = await linkOf(auditor, {});
    await app.download(url);
    await app.download(url, { Range: 'bytes=10-19' });
    await until(async () => (await recordsOf('export.download.end')).length >= before + 2, 'both ends are recorded');
    const ends = (await recordsOf('export.download.end')).slice(before);
    expect(ends.map(({ outcome, complete, bytes }) => [outcome, complete, bytes]).sort()).toEqual([
      ['success', true, 10],
      ['success', true, whole.length],
    ]);
  });
});

describe('export-links.keys', () => {
  it('rotate under load: links of both keys open, then only those of the new one', async () => {
    const settings: Record<string, string> = app.settings;
    const oldKeys = settings.LINK_KEYS as string;
    const first = (await linkOf(auditor, {})).url;
    const fresh = randomBytes(32).toString('base64');
    const counts = { opened: 0, refused: 0, away: 0 };
    let going = true;
    const links = [first];
    const load = Promise.all(
      Array.from({ length: 4 }, async (_, n) => {
        for (let i = n; going; i++) {
          const link = links[i % links.length] as string;
          const answer = await app.download(link).catch(() => null);
          if (answer === null) {
            counts.away++;
            await new Promise((resolve) => setTimeout(resolve, 20));
          } else counts[answer.status === 200 && answer.text === whole ? 'opened' : 'refused']++;
        }
      }),
    );
    settings.LINK_KEYS = JSON.stringify({ rotated: fresh, ...JSON.parse(oldKeys) });
    await app.restart();
    const second = (await linkOf(auditor, {})).url;
    expect([new URL(second).searchParams.get('kid'), new URL(first).searchParams.get('kid')]).not.toContain(undefined);
    expect(new URL(second).searchParams.get('kid')).toBe('rotated');
    links.push(second);
    const opened = counts.opened;
    await until(async () => counts.opened >= opened + 40, 'both links open under load');
    going = false;
    await load;
    expect(counts.refused).toBe(0);
    settings.LINK_KEYS = JSON.stringify({ rotated: fresh });
    await app.restart();
    expect((await app.download(first)).json.code).toBe('link_invalid');
    expect((await app.download(second)).text).toBe(whole);
    settings.LINK_KEYS = oldKeys;
    await app.restart();
    console.log(`key rotation under load: ${JSON.stringify(counts)}, of a retired key opened 0`);
  });
});
