import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, commonApp, type Person } from '../app.ts';

let app: App;
let operator: Person;
beforeAll(async () => {
  app = await commonApp();
  operator = await app.person('operator');
});
afterAll(() => app.stop());

const pathOf = (service: string) => `/v1/admin/services/${service}/domains`;

const add = (service: string, domain: string, headers: Record<string, string> = {}, as = operator) =>
  app.call('POST', pathOf(service), { as, body: { domain }, headers });

const remove = (service: string, written: string, headers: Record<string, string> = {}, as = operator) =>
  app.call('DELETE', `${pathOf(service)}/${written}`, { as, headers });

const namesOf = async (service: string) => {
  const { json } = await app.call('GET', `${pathOf(service)}?limit=200`, { as: operator });
  return json.items.map(({ domain }: { domain: string }) => domain);
};

const records = async (service: string) =>
  (await app.db.query('SELECT * FROM audit_outbox WHERE service_id = $1 ORDER BY id', [service])).rows;

describe('domains.happy', () => {
  it('adds one in its one spelling, lists it, removes it, each with its record under the same name', async () => {
    const service = await app.service();
    const made = await add(service, ' *.BÜCHER.example. ', { 'Audit-Reason': 'launch' });
    expect([made.status, made.headers.get('etag')]).toEqual([201, '"1"']);
    expect(made.json).toMatchObject({
      serviceId: service,
      domain: '*.xn--bcher-kva.example',
      createdBy: operator.id,
      version: 1,
    });
    const page = await app.call('GET', pathOf(service), { as: operator });
    expect(page.json).toEqual({ items: [made.json], nextCursor: null });

    const location = made.headers.get('location') ?? '';
    expect((await app.call('DELETE', location, { as: operator, headers: { 'If-Match': '"2"' } })).status).toBe(412);
    expect((await app.call('DELETE', location, { as: operator })).status).toBe(204);
    expect((await app.call('DELETE', location, { as: operator })).status).toBe(404);
    const state = { domain: '*.xn--bcher-kva.example' };
    expect(
      (await records(service)).map((r) => [r.action, r.resource_id, r.reason, r.before_state, r.after_state]),
    ).toEqual([
      ['service.domain.create', state.domain, 'launch', null, state],
      ['service.domain.delete', state.domain, '', state, null],
    ]);
  });

  it('removes by any spelling', async () => {
    const service = await app.service();
    const spellings: [string, string][] = [
      ['*.bücher.example', '*.bücher.example'],
      ['*.bücher.example', '%2A.B%C3%9CCHER.example.'],
      ['*.bücher.example', '*.xn--bcher-kva.example'],
      ['example.com', 'EXAMPLE.com.'],
      ['例え.example', '%E4%BE%8B%E3%81%88%E3%80%82example'],
    ];
    for (const [domain, written] of spellings) {
      expect((await add(service, domain)).status).toBe(201);
      expect([written, (await remove(service, written)).status]).toEqual([written, 204]);
    }
    expect(await namesOf(service)).toEqual([]);
    console.log(`spellings of a domain: tried ${spellings.length}, failed 0`);
  });

  it('gives the first answer again for the same Idempotency-Key', async () => {
    const service = await app.service();
    const headers = { 'Idempotency-Key': `domains-${service}` };
    const first = await add(service, 'example.com', headers);
    const again = await add(service, 'EXAMPLE.com.', headers);
    expect([again.status, again.text]).toEqual([201, first.text]);
    expect((await add(service, 'example.org', headers)).json.code).toBe('idempotency_key_reused');
    expect(await records(service)).toHaveLength(1);
  });
});

describe('domains.refused', () => {
  it('says why, and stores nothing', async () => {
    const service = await app.service();
    const bad = {
      com: 'two labels',
      localhost: 'two labels',
      'co.uk': 'public suffix',
      '*.github.io': 'public suffix',
      '10.0.0.1': 'IP address',
      '[::1]': 'IP address',
      'https://example.com': 'scheme',
      'example.com:8080': 'port',
      'example.com/x': 'path',
      'a_b.example.com': 'underscore',
    };
    for (const [domain, why] of Object.entries(bad)) {
      const { status, json } = await add(service, domain);
      expect([domain, status, json.errors?.[0]?.field]).toEqual([domain, 422, 'domain']);
      expect(json.errors[0].reason).toContain(why);
    }
    expect(
      (await app.call('POST', pathOf(service), { as: operator, body: { domain: 'a.example', x: 1 } })).status,
    ).toBe(422);
    expect(await namesOf(service)).toEqual([]);
    expect(await records(service)).toEqual([]);
    console.log(`bad domains: tried ${Object.keys(bad).length}, stored 0`);
  });

  it('twice is a conflict, whatever the spelling, also at once', async () => {
    const service = await app.service();
    const spellings = ['example.com', 'EXAMPLE.com', 'example.com.', 'Example.Com'];
    const answers = await Promise.all(spellings.map((domain) => add(service, domain)));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 409, 409, 409]);
    expect(await namesOf(service)).toEqual(['example.com']);
    expect(await records(service)).toHaveLength(1);
  });

  it('is 404 for what is not there or of another service, and 403 without the permission', async () => {
    const [service, other] = [await app.service(), await app.service()];
    await add(service, 'example.com');
    const strange = ['no.example.com', 'not_a_domain', '%00', '%C0%AF', 'a'.repeat(3000), '*'];
    for (const written of strange) expect((await remove(service, written)).status).toBe(404);
    expect((await remove(other, 'example.com')).status).toBe(404);
    const manager = await app.person('service-manager', other);
    expect((await add(service, 'b.example', {}, manager)).status).toBe(404);
    expect((await remove(service, 'example.com', {}, manager)).status).toBe(404);
    const viewer = await app.person('viewer');
    expect((await add(service, 'b.example', {}, viewer)).json.detail).toContain('services.config.update');
    for (const written of ['example.com', ...strange])
      expect([written, (await remove(service, written, {}, viewer)).status]).toEqual([written, 403]);
    expect(await namesOf(service)).toEqual(['example.com']);
  });

  it('has room for 1,000 a service, also when several come at once for the last place', async () => {
    let [tried, service] = [0, ''];
    for (; tried < 10; tried++) {
      service = await app.service();
      await app.db.query(
        `INSERT INTO service_domains (id, service_id, domain, created_by)
         SELECT gen_random_uuid(), $1, 'd' || n || '.example', $2 FROM generate_series(1, 999) AS n`,
        [service, operator.id],
      );
      const answers = await Promise.all([1, 2, 3, 4, 5, 6].map((n) => add(service, `last${n}.example`)));
      expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 409, 409, 409, 409, 409]);
      expect(answers.find(({ status }) => status === 409)?.json.detail).toContain('1000');
    }
    const seen: string[] = [];
    for (let cursor = ''; cursor !== null; ) {
      const { json } = await app.call('GET', `${pathOf(service)}?limit=200${cursor && `&cursor=${cursor}`}`, {
        as: operator,
      });
      seen.push(...json.items.map(({ domain }: { domain: string }) => domain));
      cursor = json.nextCursor;
    }
    expect([seen.length, new Set(seen).size]).toEqual([1000, 1000]);
    console.log(`six at once for the last place of 1,000: tried ${tried}, more than one got it 0`);
  });
});
