import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, commonApp, type Person } from '../app.ts';

let app: App;
let operator: Person;
beforeAll(async () => {
  app = await commonApp();
  operator = await app.person('operator');
});
afterAll(() => app.stop());

const patch = (service: string, body: object, from?: string, query = '') =>
  app.call('PATCH', `/v1/admin/services/${service}/config${query}`, {
    as: operator,
    body,
    headers: from === undefined ? {} : { 'CF-Connecting-IP': from },
  });

const read = async (service: string) =>
  (await app.call('GET', `/v1/admin/services/${service}/config`, { as: operator })).json;

const ON = { ipWhitelistEnabled: true };

describe('whitelist.spelling', () => {
  it('keeps one spelling of each entry, at most 1,000', async () => {
    const service = await app.service();
    const { json } = await patch(service, {
      ipWhitelist: ['1.2.3.4', '1.2.3.4/32', '::ffff:1.2.3.4', '2001:DB8::1/128', '2001:db8:0::1', '10.9.9.9/8'],
    });
    expect(json.ipWhitelist).toEqual(['1.2.3.4', '2001:db8::1', '10.0.0.0/8']);
    const many = (count: number) => Array.from({ length: count }, (_, n) => `10.0.${n >> 8}.${n & 255}`);
    expect((await patch(service, { ipWhitelist: many(1001) })).json.errors[0].field).toBe('ipWhitelist');
    expect((await patch(service, { ipWhitelist: many(1000) })).json.ipWhitelist).toHaveLength(1000);
    expect((await patch(service, { ipWhitelist: ['300.1.1.1'] })).status).toBe(422);
  });
});

describe('whitelist.lock-out', () => {
  it('lets nobody leave himself out unless forced, and writes nothing then', async () => {
    const service = await app.service();
    expect((await patch(service, { ipWhitelist: ['203.0.113.0/24'] }, '198.51.100.7')).status).toBe(200);
    const refused = await patch(service, ON, '198.51.100.7');
    expect([refused.status, refused.json.code]).toEqual([409, 'would_lock_out']);
    expect(refused.json.detail).toContain('?force=true');
    expect((await patch(service, ON, '198.51.100.7', '?force=false')).status).toBe(409);
    expect((await patch(service, ON, '198.51.100.7', '?force=yes')).status).toBe(400);
    expect(await read(service)).toMatchObject({ ipWhitelistEnabled: false, version: 2 });
    expect((await patch(service, ON, '198.51.100.7', '?force=true')).json).toMatchObject({ ...ON, version: 3 });
    // It stays on: what is not about the whitelist may be changed from anywhere.
    expect((await patch(service, { rateLimitWindow: 30 }, '198.51.100.7')).status).toBe(200);
    expect((await patch(service, { ipWhitelist: ['192.0.2.1'] }, '198.51.100.7')).json.code).toBe('would_lock_out');
    expect((await patch(service, { ipWhitelist: ['198.51.100.7'] }, '198.51.100.7')).status).toBe(200);
    expect((await patch(service, { ipWhitelist: [] }, '198.51.100.7')).json.code).toBe('would_lock_out');
    expect((await patch(service, { ipWhitelistEnabled: false }, '192.0.2.9')).status).toBe(200);
    const { rows } = await app.db.query('SELECT outcome FROM audit_outbox WHERE service_id = $1', [service]);
    expect(rows.map(({ outcome }) => outcome)).toEqual(Array(5).fill('success'));
  });

  it('looks at the whole address, of either family, and at all entries', async () => {
    const cases: [string[], string, boolean][] = [
      [['203.0.113.9'], '203.0.113.9', true],
      [['203.0.113.9'], '203.0.113.10', false],
      [['192.0.2.1', '203.0.113.8/31'], '203.0.113.9', true],
      [['203.0.113.9'], '::ffff:203.0.113.9', true],
      [['0.0.0.0/0'], '203.0.113.9', true],
      [['::/0'], '203.0.113.9', false],
      [['0.0.0.0/0'], '2001:db8::1', false],
      [['2001:db8::/32'], '2001:DB8:1::9', true],
      [['2001:db8::1'], '2001:db8:0:0::1', true],
      [['2001:db8::1'], '2001:db8::2', false],
      [[], '203.0.113.9', false],
      [['0.0.0.0/0', '::/0'], '203.0.113.0/24', false],
      [['0.0.0.0/0', '::/0'], 'unknown', false],
      [['0.0.0.0/0', '::/0'], "1.1.1.1'::inet", false],
    ];
    for (const [ipWhitelist, from, inside] of cases) {
      const { status } = await patch(await app.service(), { ipWhitelist, ...ON }, from);
      expect([ipWhitelist, from, status]).toEqual([ipWhitelist, from, inside ? 200 : 409]);
    }
    console.log(`callers and whitelists: tried ${cases.length}, failed 0`);
  });

  it('believes no header but Cloudflare’s', async () => {
    const service = await app.service();
    const headers = {
      'CF-Connecting-IP': '198.51.100.7',
      'X-Forwarded-For': '203.0.113.9',
      'X-Real-IP': '203.0.113.9',
      'True-Client-IP': '203.0.113.9',
      Forwarded: 'for=203.0.113.9',
    };
    const body = { ipWhitelist: ['203.0.113.9'], ...ON };
    const answer = await app.call('PATCH', `/v1/admin/services/${service}/config`, { as: operator, body, headers });
    expect(answer.json.code).toBe('would_lock_out');
  });

  it('keeps the caller’s whole address nowhere', async () => {
    const service = await app.service();
    const from = '198.51.100.77';
    await patch(service, { ipWhitelist: ['198.51.100.0/24'], ...ON }, from);
    await patch(service, { ipWhitelist: ['192.0.2.1'] }, from);
    await patch(service, { ipWhitelist: ['192.0.2.1'] }, from, '?force=true');
    const { rows } = await app.db.query(
      `SELECT to_jsonb(o)::text AS text FROM audit_outbox o UNION ALL SELECT to_jsonb(s)::text FROM admin_sessions s`,
    );
    const stored = rows.map(({ text }) => text).join('\n');
    expect(stored).toContain('198.51.100.0');
    expect(`${stored}${app.log.join('\n')}`).not.toContain(from);
  });

  it('holds when one turns it on while another one empties the list', async () => {
    let tried = 0;
    for (; tried < 15; tried++) {
      const service = await app.service();
      await patch(service, { ipWhitelist: ['203.0.113.9'] }, '203.0.113.9');
      const answers = await Promise.all([
        patch(service, ON, '203.0.113.9'),
        patch(service, { ipWhitelist: ['192.0.2.1'] }, '203.0.113.9'),
      ]);
      expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409]);
      const { ipWhitelistEnabled, ipWhitelist } = await read(service);
      expect(ipWhitelistEnabled && !ipWhitelist.includes('203.0.113.9')).toBe(false);
    }
    console.log(`turned on and emptied at once: tried ${tried}, locked out 0`);
  });
});
