import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chooseAccount, eventually, expectQuiet, settled, startWeb, type Watched, type Web } from './browser.ts';

let web: Web;
beforeAll(async () => {
  web = await startWeb({}, { eventSeconds: 1 });
});
afterAll(() => web.stop());

interface Row {
  id: string;
  event_type: string;
  component_name: string;
  page_path: string;
  trace_id: string;
  properties: string;
}

const LOGS = '**/v1/otlp/v1/logs';
const SENDER = '**/assets/sender-*.js';

/** The events of a session, as ClickHouse has them: rows, not what is read of them. */
const rowsOf = (sessionId: string) =>
  web.app.analytics<Row>(
    `SELECT id, event_type, component_name, page_path, trace_id, properties FROM audit_db.admin_ui_events
     WHERE session_id = '${sessionId}' ORDER BY timestamp, id`,
  );

async function sessionOf({ page }: Watched): Promise<string> {
  const answer = await page.request.get(`${web.url}/v1/admin/me`);
  return ((await answer.json()) as { sessionId: string }).sessionId;
}

const named = (rows: Row[], event: string) => rows.filter(({ event_type }) => event_type === event);
const submits = (rows: Row[]) => named(rows, 'admin.form.submit').map(({ component_name }) => component_name);

/** Fills in the form of a new service; what is typed must be in no event. */
async function fillIn({ page }: Watched, slug: string): Promise<void> {
  await page.getByRole('button', { name: 'New service' }).click();
  await page.getByRole('textbox', { name: 'Name' }).fill(`Typed ${slug}`);
  await page.getByRole('textbox', { name: 'Slug' }).fill(slug);
}
const submit = ({ page }: Watched) => page.getByRole('button', { name: 'Create', exact: true }).click();

/** What the server said to events beside 200. */
const refused = () =>
  web.app.log.filter((line) => line.includes('"/v1/otlp/v1/logs"') && !line.includes('"status":200')).join('\n');

let slugs = 0;
const newSlug = () => `typed-${process.pid}-${++slugs}`;

// Each has a session of its own, and most of it is waiting: for what collects events, and for what comes again.
describe.concurrent('events of the hooks', () => {
  it('tell each page once, with the path and without the query, and one session', async () => {
    const owner = await web.signIn('owner', '/services?search=secret-words');
    await settled(owner.page);
    await owner.page.getByRole('link', { name: 'Audit', exact: true }).click();
    await owner.page.waitForURL('**/audit');
    await owner.page.goBack();
    const session = await sessionOf(owner);
    const views = (rows: Row[]) => named(rows, 'browser.page_view').map(({ page_path }) => page_path);
    await eventually(
      () => rowsOf(session),
      (rows) => expect(views(rows)).toEqual(['/services', '/audit', '/services']),
    );
    const rows = await rowsOf(session);
    expect(named(rows, 'session.start')).toHaveLength(1);
    expect(JSON.stringify(rows)).not.toContain('secret-words');
    expectQuiet(owner);
    await owner.page.context().close();
  });

  it('arrive once when the page is closed right after, with the trace of the call and without what was typed', async () => {
    const owner = await web.signIn('owner');
    const session = await sessionOf(owner);
    const made = [];
    for (let n = 0; n < 5; n++) {
      const slug = newSlug();
      made.push(slug);
      const page = n === 0 ? owner.page : await owner.page.context().newPage();
      await page.goto(`${web.url}/services`);
      await settled(page);
      await fillIn({ page, errors: [] }, slug);
      const sent = page.waitForRequest((request) => request.method() === 'POST' && request.url().endsWith('/services'));
      await submit({ page, errors: [] });
      await sent;
      await page.close({ runBeforeUnload: true });
    }
    await eventually(
      () => rowsOf(session),
      (rows) => expect(submits(rows), refused()).toHaveLength(made.length),
    );
    await web.app.drained();
    const rows = await rowsOf(session);
    const { rows: kept } = await web.app.db.query('SELECT id FROM services WHERE slug = ANY($1)', [made]);
    const traces = await Promise.all(
      kept.map(async ({ id }) => (await web.app.auditOf(id)).map(({ trace_id }) => trace_id)),
    );
    expect(
      named(rows, 'admin.form.submit')
        .map(({ trace_id }) => trace_id)
        .toSorted(),
    ).toEqual(traces.flat().toSorted());
    const wrong = rows.filter((row) => JSON.stringify(row).includes('typed-') || JSON.stringify(row).includes('Typed'));
    console.log(
      `pages closed right after: tried ${made.length}, events missing ${made.length - submits(rows).length}, with what was typed ${wrong.length}`,
    );
    expect(wrong).toEqual([]);
    await owner.page.context().close();
  });

  it('arrive once when the page ends before OpenTelemetry’s SDK is there', async () => {
    const owner = await web.signIn('owner');
    const session = await sessionOf(owner);
    const page = await owner.page.context().newPage();
    await page.route(SENDER, () => undefined);
    await page.goto(`${web.url}/services`);
    await settled(page);
    await fillIn({ page, errors: [] }, newSlug());
    await submit({ page, errors: [] });
    await page.waitForURL('**/config');
    await page.close({ runBeforeUnload: true });
    await eventually(
      () => rowsOf(session),
      (rows) => expect(submits(rows), refused()).toEqual(['create-service']),
    );
    await owner.page.context().close();
  });

  it('wait while the browser is offline or the server is down, and are read once when an answer was lost', async () => {
    const owner = await web.signIn('owner');
    const session = await sessionOf(owner);
    await settled(owner.page);
    let lost = 0;
    let stored = 0;
    await owner.page.route(LOGS, async (route) => {
      lost++;
      if (lost === 1) await route.fulfill({ status: 503 });
      else if (lost === 2) {
        stored = (await route.fetch()).status();
        await route.abort();
      } else await route.continue();
    });
    await fillIn(owner, newSlug());
    await submit(owner);
    await owner.page.waitForURL('**/config');
    await eventually(
      async () => lost,
      (count) => expect(count).toBeGreaterThanOrEqual(3),
    );
    const read = async () => {
      const answer = await web.app.call('GET', `/v1/audit/ui-events?sessionId=${session}`, { as: auditor });
      return answer.json.items.filter(({ eventType }: { eventType: string }) => eventType === 'admin.form.submit');
    };
    const auditor = await web.app.person('auditor');
    await owner.page.context().setOffline(true);
    await owner.page.getByRole('link', { name: 'Services', exact: true }).click();
    await owner.page.getByRole('button', { name: 'New service' }).waitFor();
    await owner.page.context().setOffline(false);
    await eventually(
      () => rowsOf(session),
      (rows) => expect(named(rows, 'browser.page_view').at(-1)?.page_path).toBe('/services'),
    );
    // What came after it is there, and so is all that was sent before.
    await eventually(read, (items) => expect(items).toHaveLength(1));
    const ids = named(await rowsOf(session), 'admin.form.submit').map(({ id }) => id);
    console.log(`answers lost: tried ${lost}, rows ${ids.length}, read ${new Set(ids).size}`);
    expect([stored, new Set(ids).size]).toEqual([200, 1]);
    await owner.page.context().close();
  });

  it('are none without consent, and nothing fails without storage and beacons', async () => {
    const owner = await web.signIn('owner');
    const told: string[] = [];
    await owner.page.addInitScript(() => localStorage.setItem('audit-events-consent', 'denied'));
    owner.page.on('request', (request) => void (request.url().includes('/otlp/') && told.push(request.url())));
    await owner.page.goto(`${web.url}/services`);
    await settled(owner.page);
    await fillIn(owner, newSlug());
    await submit(owner);
    await owner.page.waitForURL('**/config');
    await owner.page.goto(`${web.url}/services`);
    await settled(owner.page);
    expect(told).toEqual([]);

    const poor = await owner.page.context().newPage();
    const errors: string[] = [];
    poor.on('pageerror', (error) => errors.push(String(error)));
    await poor.addInitScript(() => {
      const refuse = () => {
        throw new DOMException('no storage', 'SecurityError');
      };
      for (const name of ['getItem', 'setItem', 'removeItem'] as const) Storage.prototype[name] = refuse;
      navigator.sendBeacon = refuse;
    });
    await poor.goto(`${web.url}/services`);
    await settled(poor);
    await fillIn({ page: poor, errors }, newSlug());
    await submit({ page: poor, errors });
    await poor.waitForURL('**/config');
    await poor.goto(`${web.url}/audit`);
    await settled(poor);
    expect(errors).toEqual([]);
    await owner.page.context().close();
  });

  it('of one person are never told as another’s', async () => {
    const owner = await web.signIn('owner');
    const context = owner.page.context();
    const session = await sessionOf(owner);
    await settled(owner.page);
    await context.route(LOGS, (route) => route.abort());
    await fillIn(owner, newSlug());
    await submit(owner);
    await owner.page.waitForURL('**/config');
    await owner.page.waitForFunction(() => Object.keys(localStorage).some((key) => key.startsWith('audit-events:')));
    await owner.page.getByRole('button', { name: 'My account' }).click();
    await owner.page.getByRole('menuitem', { name: 'Sign out' }).click();
    await owner.page.waitForURL((url) => url.origin !== web.url);
    await context.clearCookies();
    await context.unroute(LOGS);
    await owner.page.goto(`${web.url}/auth/login?returnTo=/services`);
    await chooseAccount(owner.page, 'viewer');
    await settled(owner.page);
    const theirs = await sessionOf(owner);
    await eventually(
      () => rowsOf(theirs),
      (rows) => expect(named(rows, 'browser.page_view').length).toBeGreaterThan(0),
    );
    expect(submits(await rowsOf(theirs))).toEqual([]);
    expect(submits(await rowsOf(session))).toEqual([]);
    await context.close();
  });
});
