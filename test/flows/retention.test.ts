import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, commonApp, type Person } from '../app.ts';
import { accept, flagsOf, hold, merge, openHold, releaseHold, store, testRecord, yearsAgo } from '../holds.ts';

let app: App;
let auditor: Person;
beforeAll(async () => {
  app = await commonApp();
  auditor = await app.person('auditor');
});
afterAll(() => app.stop());

/** Seven years and their leap days, more or less a day. */
const OVER = 7.01;
const UNDER = 6.99;
const ROWS = 50;

describe('retention of audit records', () => {
  it('ends after seven years, unless they are held, and for held ones at their release', async () => {
    const [mine, other] = [randomUUID(), randomUUID()];
    const make = (actorId: string, years: number) =>
      Array.from({ length: ROWS }, () => testRecord({ actorId, at: yearsAgo(years) }));
    const [held, free] = [make(mine, OVER), make(other, OVER)];
    const young = [...make(mine, UNDER), ...make(other, UNDER)];
    const { id } = await openHold(app, auditor, { actorId: mine });
    await accept(app, [...held, ...free, ...young]);
    await app.drained();
    await hold(app, auditor, id, 'active');
    for (let n = 0; n < 3; n++) await merge(app);
    expect([...(await flagsOf(app, held)).values()]).toEqual(held.map(() => 1));
    expect((await flagsOf(app, free)).size).toBe(0);
    expect((await flagsOf(app, young)).size).toBe(young.length);
    console.log(
      `past seven years, three forced merges: held ${ROWS} of ${ROWS} kept, not held ${ROWS} of ${ROWS} gone; ${young.length} younger kept`,
    );

    await releaseHold(app, auditor, id);
    await hold(app, auditor, id, 'released');
    await merge(app);
    expect((await flagsOf(app, held)).size).toBe(0);
    expect((await flagsOf(app, young)).size).toBe(young.length);
    console.log(`released: ${ROWS} of ${ROWS} gone at the next merge, ${young.length} younger kept`);
  });

  it('spares what arrives long after its time and matches a hold that is open, by any criterion', async () => {
    const at = yearsAgo(9);
    const serviceId = await app.service();
    const criteria = [
      { actorId: randomUUID() },
      { resourceId: randomUUID() },
      { resource: `r-${randomUUID()}` },
      { serviceId },
      { from: new Date(at.getTime() - 5).toISOString(), to: new Date(at.getTime() + 5).toISOString() },
    ];
    const open = [];
    for (const each of criteria) open.push(await openHold(app, auditor, each));
    for (const { id } of open) await hold(app, auditor, id, 'active');
    const elsewhere = yearsAgo(10);
    const late = criteria.map(({ from: _, to: __, ...each }: Record<string, string>) =>
      testRecord({ at: Object.keys(each).length > 0 ? elsewhere : at, ...each }),
    );
    const free = testRecord({ at: elsewhere });
    await accept(app, [...late, free]);
    await app.drained();
    await merge(app);
    await merge(app);
    const flags = await flagsOf(app, [...late, free]);
    expect([...late, free].map(({ id }) => flags.get(id))).toEqual([1, 1, 1, 1, 1, undefined]);
    console.log(`late arrivals past their time: matching an open hold ${late.length}, lost 0; not matching 1, kept 0`);
    for (const { id } of open) await releaseHold(app, auditor, id);
    for (const { id } of open) await hold(app, auditor, id, 'released');
    await merge(app);
    expect((await flagsOf(app, late)).size).toBe(0);
  });

  it('spares what was in the table already when it matched, and releases what was never due', async () => {
    const resource = `r-${randomUUID()}`;
    // Held in the parts since their insert: without a flag they would be gone before any hold could be opened.
    const old = Array.from({ length: 20 }, () => testRecord({ resource, at: yearsAgo(8) }));
    const young = Array.from({ length: 20 }, () => testRecord({ resource, at: yearsAgo(1) }));
    await store(app, old, 1);
    await store(app, young, 0);
    const { id } = await openHold(app, auditor, { resource });
    expect((await hold(app, auditor, id, 'active')).matchedRows).toBe(40);
    await merge(app);
    expect([...(await flagsOf(app, [...old, ...young])).values()]).toEqual(Array.from({ length: 40 }, () => 1));
    await releaseHold(app, auditor, id);
    await hold(app, auditor, id, 'released');
    await merge(app);
    const flags = await flagsOf(app, [...old, ...young]);
    expect([...young, ...old].map((record) => flags.get(record.id))).toEqual([
      ...young.map(() => 0),
      ...old.map(() => undefined),
    ]);
  });
});

/** What a projection holds of some records, and the same of their table. */
const COMPARED: Record<string, { what: string; inTable: string; by: 'actorId' | 'resourceId' | 'serviceId' }> = {
  actor_history: { what: 'sum(cityHash64(id, reason))', inTable: 'sum(cityHash64(id, reason))', by: 'actorId' },
  resource_history: { what: 'sum(cityHash64(id, reason))', inTable: 'sum(cityHash64(id, reason))', by: 'resourceId' },
  actor_emails: { what: 'countMerge(`count()`)', inTable: 'count()', by: 'actorId' },
  hourly: { what: 'countMerge(`count()`)', inTable: 'count()', by: 'serviceId' },
};
const COLUMNS = { actorId: 'actor_id', resourceId: 'resource_id', serviceId: 'service_id' };

describe('projections', () => {
  it('agree with their table after holds, releases and expiry', async () => {
    const about = { actorId: randomUUID(), resourceId: randomUUID(), serviceId: await app.service() };
    const records = Array.from({ length: 200 }, (_, n) =>
      testRecord({ ...about, at: yearsAgo(n % 2 ? 8 : 1), resource: `r${n % 3}` }),
    );
    const there = await app.analytics<{ name: string }>(
      `SELECT name FROM system.projections WHERE database = 'audit_db' AND table = 'admin_audit_logs' ORDER BY name`,
    );
    expect(Object.keys(COMPARED).toSorted()).toEqual(there.map(({ name }) => name));
    let compared = 0;
    const agree = async (expected: number) => {
      await merge(app);
      expect((await flagsOf(app, records)).size).toBe(expected);
      for (const [name, { what, inTable, by }] of Object.entries(COMPARED)) {
        const where = `WHERE ${COLUMNS[by]} = '${about[by]}'`;
        const projected = await app.analytics(
          `SELECT ${what} AS sum FROM mergeTreeProjection('audit_db', 'admin_audit_logs', '${name}') ${where}`,
        );
        const base = await app.analytics(
          `SELECT ${inTable} AS sum FROM audit_db.admin_audit_logs ${where} SETTINGS optimize_use_projections = 0`,
        );
        expect([name, projected]).toEqual([name, base]);
        compared++;
      }
    };
    const first = await openHold(app, auditor, { actorId: about.actorId, resource: 'r0' });
    const second = await openHold(app, auditor, { resourceId: about.resourceId, resource: 'r1' });
    await accept(app, records);
    await app.drained();
    await hold(app, auditor, first.id, 'active');
    await hold(app, auditor, second.id, 'active');
    const kept = (isHeld: (n: number) => boolean) => records.filter((_, n) => n % 2 === 0 || isHeld(n)).length;
    await agree(kept((n) => n % 3 < 2));
    await releaseHold(app, auditor, first.id);
    await hold(app, auditor, first.id, 'released');
    await agree(kept((n) => n % 3 === 1));
    await releaseHold(app, auditor, second.id);
    await hold(app, auditor, second.id, 'released');
    await agree(100);
    console.log(`projections ${there.map(({ name }) => name).join(', ')}: compared ${compared}, different 0`);
  });
});

describe('retention of the other tables', () => {
  const uuid = () => randomUUID();
  const time = (date: Date) => date.toISOString().replace('T', ' ').replace('Z', '');
  const TABLES: Record<string, { years: number; row: (at: Date, mark: string) => object; where: string }> = {
    admin_ui_events: {
      years: 7,
      row: (at, mark) => ({ id: uuid(), timestamp: time(at), actor_id: mark, session_id: '' }),
      where: 'actor_id',
    },
    admin_api_logs: {
      years: 7,
      row: (at, mark) => ({ id: uuid(), timestamp: time(at), actor_id: mark, session_id: '' }),
      where: 'actor_id',
    },
    admin_sessions: {
      years: 2,
      row: (at, mark) => ({ day: time(at).slice(0, 10), first_seen: time(at), actor_id: mark, session_id: uuid() }),
      where: 'actor_id',
    },
  };
  for (const [table, { years, row, where }] of Object.entries(TABLES))
    it(`is ${years} years for ${table}`, async () => {
      const [old, young] = [uuid(), uuid()];
      const rows = Array.from({ length: 30 }, () => [
        row(yearsAgo(years + 0.02), old),
        row(yearsAgo(years - 0.02), young),
      ]);
      const lines = rows.flat().map((each) => JSON.stringify(each));
      await app.analytics(`INSERT INTO audit_db.${table} FORMAT JSONEachRow\n${lines.join('\n')}`);
      await merge(app, table);
      const left = await app.analytics<{ mark: string; n: string }>(
        `SELECT toString(${where}) AS mark, count() AS n FROM audit_db.${table} WHERE ${where} IN ('${old}', '${young}') GROUP BY mark`,
      );
      expect(left.map(({ mark, n }) => [mark, Number(n)])).toEqual([[young, 30]]);
      console.log(`${table}: past ${years} years 30, kept 0; within ${years} years 30, lost 0`);
    });
});

describe('the API', () => {
  const READ_ONLY = ['logs', 'ui-events', 'api-logs', 'sessions', 'live'];

  it('offers nothing but reads of what was recorded', async () => {
    const { json } = await app.call('GET', '/v1/openapi.json');
    const paths = Object.entries(json.paths as Record<string, object>).filter(([path]) =>
      READ_ONLY.some((name) => new RegExp(`^/v1/audit/${name}(?:/|$)`).test(path)),
    );
    expect(paths.length).toBeGreaterThan(1);
    const writes = paths.flatMap(([path, methods]) =>
      Object.keys(methods)
        .filter((method) => method !== 'get')
        .map((method) => `${method} ${path}`),
    );
    expect(writes).toEqual([]);
    const others = Object.entries(json.paths as Record<string, object>)
      .filter(([path]) => path.startsWith('/v1/audit/') && !paths.some(([one]) => one === path))
      .flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method} ${path}`));
    expect(others.filter((route) => !route.startsWith('get ')).toSorted()).toEqual([
      'post /v1/audit/dead-letters/{id}/replay',
      'post /v1/audit/holds',
      'post /v1/audit/holds/{id}/release',
    ]);
  });

  it('refuses every other method there, for an owner too', async () => {
    const owner = await app.person('owner');
    const record = testRecord();
    await accept(app, [record]);
    await app.drained();
    let tried = 0;
    for (const name of READ_ONLY)
      for (const path of [`/v1/audit/${name}`, `/v1/audit/${name}/${record.id}`, `/v1/audit/${name}/${record.id}/x`])
        for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
          const { status } = await app.call(method, path, { as: owner, body: { reason: 'x', legalHold: 1 } });
          expect([method, path, [404, 405].includes(status)]).toEqual([method, path, true]);
          tried++;
        }
    expect([...(await flagsOf(app, [record])).values()]).toEqual([0]);
    console.log(`writes to what was recorded: tried ${tried}, allowed 0`);
  });
});
