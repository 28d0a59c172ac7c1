import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type App, type Person, startApp, until } from '../app.ts';
import { allPages, byPlace, DAY_MS, insertRows, maybe, ownDays, pick, row } from '../audit-rows.ts';
import { AGENT, configPath, OWNER, SESSION, SITE, signIn, withCookie } from '../browser-sign-in.ts';
import { volume } from '../faults/campaign.ts';
import { random } from '../random.ts';
import { isKnown, type Kept, type Model, type SessionFilter, sessionsIn, timelineIn } from '../session-model.ts';
import { makeSessions, storeTwice } from '../session-rows.ts';

const PATH = '/v1/audit/sessions';

let app: App;
let auditor: Person;
let scoped: Person;
let services: string[];
let model: Model;
const begin = ownDays(2) + 10 * DAY_MS;

beforeAll(async () => {
  app = await startApp({ PUBLIC_URL: SITE }, { eventSeconds: 1 });
  services = [await app.service(), await app.service(), await app.service()];
  [auditor, scoped] = [await app.person('auditor'), await app.person('auditor', services[0])];
  await app.grant(scoped.id, 'auditor', services[1]);
  model = makeSessions(begin, 70, services);
  await storeTwice(app, model);
});
beforeEach(() => app.clickhouse.decide(() => 'none'));
afterAll(() => app.stop());

const iso = (ms: number) => new Date(ms).toISOString();
const whole = () => ({ from: iso(begin - DAY_MS), to: iso(begin + 60 * DAY_MS) });
const anyTime = () => begin + Math.floor(random() * 40 * DAY_MS);
const scope = () => services.slice(0, 2);

const someFilter = (narrow: boolean) => {
  const [a, b] = [anyTime(), anyTime()];
  return {
    actorId: maybe(pick(model.actors).id),
    actorEmail: maybe(pick(model.actors).email.toUpperCase()),
    serviceId: maybe(pick(scope())),
    ended: narrow ? undefined : maybe(pick(['true', 'false'] as const)),
    ...(random() < 0.5 ? whole() : { from: iso(Math.min(a, b)), to: iso(Math.max(a, b)) }),
  };
};

/** Each filter alone. */
const eachFilter = (): SessionFilter[] =>
  [
    { actorId: pick(model.actors).id },
    { actorEmail: pick(model.actors).email.toUpperCase() },
    { serviceId: pick(scope()) },
    { ended: 'true' as const },
    { ended: 'false' as const },
  ].map((alone) => ({ ...whole(), ...alone }));

/** Compares lists for these filters, then for random ones with the model. */
async function compare(filters: readonly SessionFilter[], tries: number) {
  const wrong: unknown[] = [];
  const known = new Set(model.facts.map(({ session }) => session));
  let [found, pages, tried] = [0, 0, 0];
  for (; tried < filters.length + tries; tried++) {
    const alone = filters[tried];
    const narrow = tried % 3 === 0 && alone?.ended === undefined;
    const filter = alone ?? someFilter(narrow);
    const limit = pick([25, 200]);
    const answer = await allPages(app, narrow ? scoped : auditor, PATH, { ...filter, limit });
    const items = answer.items.filter(({ id }) => known.has(id));
    const wanted = sessionsIn(model, filter, narrow ? scope() : null);
    try {
      expect(items).toEqual(wanted);
    } catch (error) {
      wrong.push({ filter, narrow, error: String(error).slice(0, 2000) });
    }
    found += wanted.length;
    pages += answer.pages;
  }
  return { wrong, found, pages, tried };
}

describe('sessions', () => {
  it('are counted once each, also when every insert comes twice, before and after merges', async () => {
    const before = await compare(eachFilter(), 2 * volume);
    await app.analytics('OPTIMIZE TABLE audit_db.admin_sessions FINAL');
    const after = await compare([], 2 * volume);
    const wrong = [...before.wrong, ...after.wrong];
    console.log(
      `sessions: filters tried ${before.tried + after.tried}, pages ${before.pages + after.pages}, sessions compared ${before.found + after.found}, wrong ${wrong.length}`,
    );
    expect(wrong).toEqual([]);
    expect(before.found).toBeGreaterThan(50);
    const [rows] = await app.analytics<{ empty: number }>(
      `SELECT countIf(session_id = '') AS empty FROM audit_db.admin_sessions`,
    );
    expect(Number(rows?.empty)).toBe(0);
  });

  it('are kept for two years, one row a day and service', async () => {
    const [table] = await app.analytics<{ engine: string; sorting_key: string; create_table_query: string }>(
      `SELECT engine, sorting_key, create_table_query FROM system.tables WHERE database = 'audit_db' AND name = 'admin_sessions'`,
    );
    expect(table).toMatchObject({
      engine: 'AggregatingMergeTree',
      sorting_key: 'day, actor_id, session_id, service_id, actor_email, actor_role',
    });
    expect(table?.create_table_query).toContain('TTL day + toIntervalYear(2)');
  });

  it('belong to the day they began on, however long they last', async () => {
    const [session_id, start] = [randomUUID(), begin + 50 * DAY_MS];
    const days = [0, 0.5, 2].map((day) => row(start + day * DAY_MS, { session_id, event_type: 'app.widget.click' }));
    await insertRows(app, 'admin_ui_events', days);
    const within = async (from: number, to: number) => {
      const range = { from: iso(start + from * DAY_MS), to: iso(start + to * DAY_MS) };
      return (await allPages(app, auditor, PATH, range)).items.filter(({ id }) => id === session_id);
    };
    expect(await within(0.25, 3)).toEqual([]);
    expect(await within(1.5, 3)).toEqual([]);
    expect(await within(0, 0.25)).toMatchObject([
      { startedAt: iso(start), lastSeenAt: iso(start + 2 * DAY_MS), counts: { uiEvents: 3 } },
    ]);
  });

  it('have a timeline of everything in them, in order', async () => {
    const wrong: unknown[] = [];
    let [tried, found] = [0, 0];
    for (const session of model.sessions) {
      if (tried >= 9 * volume && found > 100) break;
      const narrow = tried % 3 === 0;
      const kind = maybe(pick(['ui-event', 'api-call', 'audit'] as const));
      const wanted = timelineIn(model, session, narrow ? scope() : null);
      const path = `${PATH}/${encodeURIComponent(session)}/timeline`;
      const as = narrow ? scoped : auditor;
      tried++;
      if (!isKnown(model, session, narrow ? scope() : null)) {
        if ((await app.call('GET', path, { as })).status !== 404) wrong.push({ session, narrow, wanted: 404 });
        continue;
      }
      const { items } = await allPages(app, as, path, { limit: pick([3, 7, 200]), kind });
      const got = items.map(({ kind: of, attestedBy, entry }) => `${of} ${attestedBy} ${entry.id} ${entry.timestamp}`);
      const listed = wanted.filter((each) => kind === undefined || each.kind === kind).map(labelled);
      if (JSON.stringify(got) !== JSON.stringify(listed)) wrong.push({ session, narrow, kind });
      found += listed.length;
    }
    console.log(`timelines: tried ${tried}, entries ${found}, wrong ${wrong.length}`);
    expect(wrong).toEqual([]);
    expect(found).toBeGreaterThan(100);
  });

  it('have what happened in one millisecond in the order of its ids, also across pages', async () => {
    const [session_id, at] = [randomUUID(), begin + 51 * DAY_MS];
    const tables = ['admin_ui_events', 'admin_api_logs', 'admin_audit_logs'] as const;
    const rows = tables.map((table) => [table, Array.from({ length: 5 }, () => row(at, { session_id }))] as const);
    for (const [table, some] of rows) await insertRows(app, table, some);
    const { items, pages } = await allPages(app, auditor, `${PATH}/${session_id}/timeline`, { limit: 4 });
    const wanted = rows.flatMap(([, some]) => some).sort(byPlace);
    expect([items.map(({ entry }) => entry.id), pages]).toEqual([wanted.map(({ id }) => id), 4]);
  });

  it('show their timeline with the session itself, as their lists show each entry', async () => {
    const kinds = (id: string) => new Set(timelineIn(model, id, null).map(({ kind }) => kind)).size;
    const session = model.sessions.find((id) => kinds(id) === 3) as string;
    const answer = await app.call('GET', `${PATH}/${encodeURIComponent(session)}/timeline?limit=200`, { as: auditor });
    const [view] = sessionsIn(model, whole(), null).filter(({ id }) => id === session);
    expect(answer.json.session).toEqual(view);
    expect(answer.json.range).toEqual({ from: view?.startedAt, to: view?.lastSeenAt });
    const lists = { 'ui-event': 'ui-events', 'api-call': 'api-logs', audit: 'logs' } as Record<string, string>;
    for (const { kind, entry } of answer.json.items) {
      const alone = (await app.call('GET', `/v1/audit/${lists[kind]}/${entry.id}`, { as: auditor })).json;
      expect(alone).toMatchObject(entry);
    }
    expect(new Set(answer.json.items.map(({ kind }: { kind: string }) => kind)).size).toBe(3);
  });

  it('in which nothing of theirs happened are absent to who may read some services only', async () => {
    const foreign = model.sessions.find((session) => timelineIn(model, session, scope()).length === 0) as string;
    const timeline = (id: string, as: Person) => app.call('GET', `${PATH}/${encodeURIComponent(id)}/timeline`, { as });
    expect((await timeline(foreign, scoped)).status).toBe(404);
    expect((await timeline(foreign, auditor)).status).toBe(200);
    expect((await app.call('GET', `${PATH}?serviceId=${services[2]}`, { as: scoped })).status).toBe(404);
    expect((await app.call('GET', `${PATH}?ended=true`, { as: scoped })).json.code).toBe('forbidden');
    expect((await app.call('GET', PATH, { as: await app.person('viewer') })).status).toBe(403);
    expect((await timeline(foreign, await app.person('viewer'))).status).toBe(403);
  });

  it('page without gaps or repeats while others begin', async () => {
    const all = sessionsIn(model, whole(), null).map(({ id }) => id);
    let more = 0;
    const others = async () => {
      const late = makeSessions(begin + 45 * DAY_MS + more++ * 1000, 1, services);
      await storeTwice(app, late);
    };
    const query = { ...whole(), limit: 40 };
    const { items, ranges } = await allPages(app, auditor, PATH, query, others);
    expect(items.map(({ id }) => id).filter((id) => all.includes(id))).toEqual(all);
    expect([ranges.size, more > 1]).toEqual([1, true]);
    const session = model.sessions[0] as string;
    const path = `${PATH}/${encodeURIComponent(session)}/timeline`;
    const first = (await app.call('GET', `${path}?limit=2`, { as: auditor })).json;
    for (const elsewhere of [`${path}?kind=audit&`, `${PATH}/${randomUUID()}/timeline?`, `${PATH}?`])
      expect((await app.call('GET', `${elsewhere}cursor=${first.nextCursor}`, { as: auditor })).status).toBe(400);
  });

  it('with an id that nobody has, or that is none, are absent or refused, never a fault', async () => {
    const ids = [
      randomUUID(),
      "'",
      '%00',
      '%5C',
      '%7Bx:String%7D',
      '%F0%9F%98%80',
      '%FF',
      '..%2f',
      'x'.repeat(200),
      'x'.repeat(201),
      '%0A',
    ];
    const wrong: string[] = [];
    for (const id of ids) {
      const { status } = await app.call('GET', `${PATH}/${id}/timeline`, { as: auditor });
      if (status !== 404 && status !== 400) wrong.push(`${id}: ${status}`);
    }
    console.log(`session ids that are none: tried ${ids.length}, wrong ${wrong.length}`);
    expect(wrong).toEqual([]);
    expect((await app.call('GET', `${PATH}/x/timeline?kind=other`, { as: auditor })).status).toBe(400);
    expect((await app.call('GET', `${PATH}/x/timeline?color=red`, { as: auditor })).json.code).toBe(
      'unknown_parameter',
    );
    expect((await app.call('GET', `${PATH}?ended=maybe`, { as: auditor })).status).toBe(400);
  });

  it('are 503 while ClickHouse is away', async () => {
    app.clickhouse.decide(() => 'error');
    for (const path of [PATH, `${PATH}/x/timeline`])
      expect((await app.call('GET', path, { as: auditor })).json.code).toBe('dependency_unavailable');
  });
});

const labelled = ({ kind, id, at }: Kept) =>
  `${kind} ${kind === 'ui-event' ? 'client' : 'server'} ${id} ${at.replace(' ', 'T')}Z`;

describe('a session of a browser', () => {
  const listed = async ({ id, actorId }: { id: string; actorId: string }) => {
    const { items } = await allPages(app, auditor, PATH, { actorId, limit: 200 });
    return items.find((session) => session.id === id);
  };
  const timeline = async (id: string, kind: string) =>
    (await allPages(app, auditor, `${PATH}/${id}/timeline`, { kind })).items.map(({ entry }) => entry);

  async function newSession() {
    const cookie = (await signIn(app)).cookie(SESSION) ?? '';
    const { rows } = await app.db.query(
      `SELECT s.id, s.admin_id FROM admin_sessions s JOIN admins a ON a.id = s.admin_id WHERE a.subject = $1 ORDER BY s.created_at DESC LIMIT 1`,
      [OWNER],
    );
    const service = services[0] as string;
    const patched = await app.call('PATCH', configPath(service), {
      ...withCookie(cookie, { Origin: SITE, 'User-Agent': AGENT }),
      body: { maintenanceMessage: randomUUID() },
    });
    expect(patched.status).toBe(200);
    return { cookie, session: { id: String(rows[0].id), actorId: String(rows[0].admin_id) } };
  }

  it('is there from its sign-in to its sign-out', async () => {
    const { cookie, session } = await newSession();
    const { id } = session;
    await app.drained();
    expect(await listed(session)).toMatchObject({ kind: 'browser', endedAt: null, end: null, userAgent: AGENT });
    await app.call('POST', '/auth/logout', withCookie(cookie, { Origin: SITE }));
    await app.drained();
    await until(async () => (await listed(session)).counts.apiCalls > 0, 'the API call is counted');
    const entries = await timeline(id, 'audit');
    expect(entries.map(({ action }) => action)).toEqual([
      'session.sign-in',
      'service.config.update',
      'session.sign-out',
    ]);
    expect(await listed(session)).toMatchObject({
      actorEmail: 'owner@steward.local',
      actorRole: 'owner',
      kind: 'browser',
      signedInAt: entries[0].timestamp,
      startedAt: entries[0].timestamp,
      endedAt: entries[2].timestamp,
      end: 'signed-out',
      counts: { auditRecords: 3, changes: 1, denials: 0, apiErrors: 0 },
    });
    expect((await timeline(id, 'api-call'))[0]).toMatchObject({
      endpoint: '/v1/admin/services/:id/config',
      status: 200,
    });
  });

  it('is there to its revocation by somebody else, whose own session counts the change', async () => {
    const { session } = await newSession();
    const { id } = session;
    const owner = await app.person('owner');
    expect((await app.call('DELETE', `/v1/admin/sessions/${id}`, { as: owner })).status).toBe(200);
    await app.drained();
    const revoked = (await timeline(owner.sessionId, 'audit')).find(({ action }) => action === 'session.revoke');
    expect(await listed(session)).toMatchObject({
      end: 'revoked',
      endedAt: revoked.timestamp,
      actorEmail: 'owner@steward.local',
      counts: { auditRecords: 2, changes: 1 },
    });
    expect(await listed({ id: owner.sessionId, actorId: owner.id })).toMatchObject({
      actorId: owner.id,
      kind: null,
      signedInAt: null,
      end: null,
      counts: { auditRecords: 1, changes: 1 },
    });
  });

  it('that was refused never began', async () => {
    await app.db.query(`UPDATE admins SET status = 'locked' WHERE subject = 'dev|viewer'`);
    await signIn(app, 'dev|viewer').catch(() => undefined);
    await app.drained();
    const refused = await app.analytics<{ session_id: string }>(
      `SELECT session_id FROM audit_db.admin_audit_logs WHERE action = 'session.sign-in' AND outcome = 'denied'
       AND actor_id = (SELECT toUUID('${(await app.db.query(`SELECT id FROM admins WHERE subject = 'dev|viewer'`)).rows[0].id}'))`,
    );
    expect(refused).toHaveLength(1);
    expect((await app.call('GET', `${PATH}/${refused[0]?.session_id}/timeline`, { as: auditor })).status).toBe(404);
  });
});
