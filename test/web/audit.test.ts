import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer, Person } from '../app.ts';
import {
  eventually,
  expectQuiet,
  preferScheme,
  settled,
  startWeb,
  violations,
  visit,
  type Watched,
  type Web,
} from './browser.ts';

const LOGS = '/v1/audit/logs';

let web: Web;
let owner: Person;
let service: string;
let auditor: Watched;
beforeAll(async () => {
  web = await startWeb({}, { nudgeSeconds: 1, eventSeconds: 1 });
  owner = await web.app.person('owner');
  const stranger = await web.app.person('viewer');
  service = await web.app.service();
  for (let n = 1; n <= 4; n++)
    await web.app.patch(owner, service, { rateLimitRequests: 100 + n, maintenanceMessage: `back at ${n}` });
  for (let n = 0; n < 2; n++) await web.app.patch(stranger, service, { rateLimitRequests: 5 });
  await web.app.drained();
  auditor = await web.signIn('auditor', '/audit');
});
afterAll(() => web.stop());

const asked = async (query: string): Promise<Answer['json']> =>
  (await web.app.call('GET', `${LOGS}?serviceId=${service}&${query}`, { as: owner })).json;

const rows = (page: Page) => page.locator('[role="row"][data-index]');
const queryOf = (page: Page) => new URL(page.url()).searchParams.get('q');
const field = (page: Page) => page.getByRole('combobox', { name: 'Query' });

/** In light and in dark. */
async function expectAccessible(page: Page): Promise<void> {
  for (const colorScheme of ['dark', 'light'] as const) {
    await preferScheme(page, colorScheme);
    expect([colorScheme, ...(await violations(page))]).toEqual([colorScheme]);
  }
}

/** Waits for the rows the API names. */
async function expectRows(page: Page, query: string): Promise<Answer['json']['items']> {
  const { items } = await asked(query);
  await expect.poll(() => rows(page).count(), { timeout: 30_000 }).toBe(items.length);
  return items;
}

describe('the audit explorer', () => {
  it('finds by a query that is written by keyboard, completed, and taken apart again', async () => {
    const { page } = auditor;
    await visit(auditor.page, `/audit?q=service:${service}`);
    await expectRows(page, '');
    await page.keyboard.press('/');
    await page.keyboard.press('End');
    await page.keyboard.type(' -outco');
    await page.getByRole('option', { name: '-outcome:' }).waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.keyboard.type('succ');
    await page.getByRole('option', { name: '-outcome:success' }).waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await expect.poll(() => queryOf(page)).toBe(`service:${service} -outcome:success`);
    const denied = await expectRows(page, 'notOutcome=success');
    expect(denied.length).toBe(2);
    await page.keyboard.type('action:service.config.*');
    await page.keyboard.press('Enter');
    await expectRows(page, 'notOutcome=success&action=service.config.*');
    // Chips: turned round, then removed.
    const chips = page.getByRole('list', { name: 'What is asked for' });
    await chips.getByRole('button', { name: 'not outcome:success , Ask for instead' }).focus();
    await page.keyboard.press('Enter');
    await expectRows(page, 'outcome=success&action=service.config.*');
    await chips.getByRole('button', { name: 'Remove outcome:success' }).focus();
    await page.keyboard.press('Delete');
    await expectRows(page, 'action=service.config.*');
    await page.goBack();
    await expectRows(page, 'outcome=success&action=service.config.*');
    await page.reload();
    await expectRows(page, 'outcome=success&action=service.config.*');
    expectQuiet(auditor);
  });

  it('lists nothing while it does not understand the query, and says what to do', async () => {
    const { page } = auditor;
    await visit(auditor.page, `/audit?q=service:${service}+colour:red+-pump`);
    const alert = page.getByRole('alert');
    await alert.waitFor();
    await expectAccessible(page);
    expect(await alert.textContent()).toMatch(/colour:red There is no such qualifier.*-pump Words can be asked for/s);
    expect(await rows(page).count()).toBe(0);
    await alert.getByRole('button').press('Enter');
    await expectRows(page, '');
    expect(queryOf(page)).toBe(`service:${service}`);
    await visit(auditor.page, '/audit?q=created:<2015-01-01');
    expect(await page.locator('[data-empty]').getAttribute('data-empty')).toBe('beyondRetention');
    expectQuiet(auditor);
  });

  it('opens a record beside the list, goes on by j and k, and gives the focus back', async () => {
    const { page } = auditor;
    await visit(auditor.page, `/audit?q=service:${service}+outcome:success`);
    const items = await expectRows(page, 'outcome=success');
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    const drawer = page.getByRole('dialog', { name: 'Record' });
    const shown = async (index: number) => {
      const { id } = items[index];
      await drawer.getByText(id, { exact: true }).waitFor();
      expect(new URL(page.url()).searchParams.get('record')).toBe(id);
      const { changes } = (await web.app.call('GET', `${LOGS}/${id}`, { as: owner })).json;
      const paths = await drawer.locator('[data-change]').evaluateAll((all) => all.map((each) => each.dataset.change));
      expect(paths).toEqual(changes.map(({ path }: { path: string }) => path));
    };
    await shown(0);
    await page.keyboard.press('j');
    await shown(1);
    await drawer.getByRole('button', { name: 'Show the whole states' }).press('Enter');
    await drawer.getByRole('region', { name: 'Whole states, with what differs marked' }).waitFor();
    await page.keyboard.press('k');
    await shown(0);
    await page.keyboard.press('j');
    await shown(1);
    await expectAccessible(page);
    await page.keyboard.press('Escape');
    await drawer.waitFor({ state: 'detached' });
    await expect.poll(() => page.evaluate(() => (document.activeElement as HTMLElement).dataset.index)).toBe('1');
    expectQuiet(auditor);
  });

  it('leaves out a value that is picked, and leads from an id to what it belongs to', async () => {
    const { page } = auditor;
    const [{ id, actorEmail, requestId, traceId }] = (await asked('outcome=success')).items;
    await visit(auditor.page, `/audit?q=service:${service}&record=${id}`);
    await page.getByRole('button', { name: `Without those with Actor ${actorEmail}` }).press('Enter');
    await expectRows(page, `notActorEmail=${actorEmail}`);
    await visit(auditor.page, `/audit?q=${id}`);
    await page.getByRole('dialog', { name: 'Record' }).getByText(id, { exact: true }).waitFor();
    for (const [name, value] of [
      ['request', requestId],
      ['trace', traceId],
    ]) {
      await visit(auditor.page, `/audit?q=${value}`);
      await page.getByRole('button', { name: `Records of this ${name}` }).press('Enter');
      await expect.poll(() => rows(page).count()).toBeGreaterThan(0);
      expect(queryOf(page)).toBe(`${name}:${value} created:>=2019-01-01`);
    }
    await visit(auditor.page, '/audit?q=00000000-0000-7000-8000-00000000beef');
    await page.getByText('Nothing has this id').waitFor();
    expectQuiet(auditor);
  });

  it('looks closer at a part of the chart, by keyboard', async () => {
    const { page } = auditor;
    await visit(auditor.page, `/audit?q=service:${service}+created:>=-24h`);
    await expectRows(page, '');
    const begin = page.getByRole('slider', { name: 'Beginning of the range' });
    await begin.press('End');
    await begin.press('ArrowLeft');
    await begin.press('Enter');
    await expect.poll(() => queryOf(page)).toMatch(/created:>=20/);
    await settled(page);
    const from = new Date(/created:>=(\S+)/.exec(queryOf(page) ?? '')?.[1] ?? '').toISOString();
    const { total } = (await web.app.call('GET', `${LOGS}/histogram?serviceId=${service}&from=${from}`, { as: owner }))
      .json;
    await page.getByText(`${total} records.`).waitFor();
    expect(total).toBe((await expectRows(page, `from=${from}`)).length);
    expectQuiet(auditor);
  });

  it('shows new records as they come, and waits while somebody reads', async () => {
    const { page } = auditor;
    await visit(auditor.page, `/audit?q=service:${service}`);
    const before = (await expectRows(page, '')).length;
    await page.getByRole('switch', { name: 'Live' }).press('Space');
    await page.locator('[data-live="on"]').waitFor();
    // A row that was gone to is the same one when another comes in above it.
    await page.locator('h1').click();
    await page.keyboard.press('j');
    const focused = () => page.evaluate(() => document.activeElement?.getAttribute('data-index'));
    await expect.poll(focused).toBe('0');
    const row = await page.evaluateHandle(() => document.activeElement);
    const isSame = () => row.evaluate((element) => element === document.activeElement);
    await web.app.patch(owner, service, { rateLimitRequests: 201 });
    await expect.poll(() => rows(page).count(), { timeout: 30_000 }).toBe(before + 1);
    expect([await focused(), await isSame()]).toEqual(['1', true]);
    await page.keyboard.press('j');
    await expect.poll(focused).toBe('2');
    await page.keyboard.press('k');
    await expect.poll(focused).toBe('1');
    expect(await isSame()).toBe(true);
    await rows(page).first().press('Enter');
    await page.getByRole('dialog').waitFor();
    await web.app.patch(owner, service, { rateLimitRequests: 202 });
    const fresh = page.getByRole('button', { name: 'Show 1 new', includeHidden: true });
    await fresh.waitFor();
    expect(await rows(page).count()).toBe(before + 1);
    await page.keyboard.press('Escape');
    await expect.poll(() => rows(page).count()).toBe(before + 2);
    const [newest] = (await asked('limit=1')).items;
    await rows(page).first().press('Enter');
    await page.getByRole('dialog').getByText(newest.id, { exact: true }).waitFor();
    expectQuiet(auditor);
  });

  it('draws nothing of the list anew while a query is typed', async () => {
    const { page } = auditor;
    // Loaded anew: the list as it was is good for ten seconds.
    await page.goto(`${web.url}/audit?q=service:${service}`);
    await expectRows(page, '');
    await page.evaluate(() => {
      const grid = document.querySelector('[role="grid"]');
      const seen = window as unknown as { changes: number };
      seen.changes = 0;
      if (grid)
        new MutationObserver((all) => {
          seen.changes += all.length;
        }).observe(grid, { subtree: true, childList: true, attributes: true, characterData: true });
    });
    await field(page).focus();
    await page.keyboard.type(' actor:somebody -action:service.*');
    expect(await page.evaluate(() => (window as unknown as { changes: number }).changes)).toBe(0);
    expectQuiet(auditor);
  });

  it('keeps named queries in this browser, and takes a query to a new export', async () => {
    const { page } = auditor;
    await visit(auditor.page, `/audit?q=service:${service}+-outcome:success`);
    await expectRows(page, 'notOutcome=success');
    await page.getByRole('button', { name: 'Saved views' }).press('Enter');
    await page.getByLabel('Name').fill('What was refused');
    await page.keyboard.press('Enter');
    await visit(auditor.page, '/audit?view=sessions');
    await page.getByRole('button', { name: 'Saved views' }).press('Enter');
    await page.getByRole('button', { name: /^What was refused/ }).press('Enter');
    await expectRows(page, 'notOutcome=success');
    await page.getByRole('button', { name: 'Export this' }).press('Enter');
    await page.waitForURL(/\/exports/);
    const search = new URL(page.url()).searchParams;
    expect(search.get('new')).toBe('audit_logs');
    const parameters = JSON.parse(search.get('parameters') ?? '');
    expect(parameters).toEqual({ serviceId: service, notOutcome: ['success'] });
    const estimate = { exportType: 'audit_logs', parameters };
    const answer = await web.app.call('POST', '/v1/admin/exports', { as: owner, body: estimate });
    expect([answer.status, answer.text.slice(0, 0)]).toEqual([202, '']);
  });

  it('tells what happened in a session, in order', async () => {
    const { page } = auditor;
    await web.app.drained();
    const path = `/v1/audit/sessions/${owner.sessionId}/timeline?limit=200`;
    await eventually(
      async () => (await web.app.call('GET', path, { as: owner })).status,
      (status) => expect(status).toBe(200),
    );
    await visit(auditor.page, `/audit/sessions/${owner.sessionId}?kind=audit`);
    await page.locator('li[data-kind]').first().waitFor();
    const times = await page
      .locator('li[data-kind] time')
      .evaluateAll((all) => all.map((each) => each.getAttribute('datetime')));
    const { items } = (await web.app.call('GET', `${path}&kind=audit`, { as: owner })).json;
    expect(times).toEqual(items.map(({ entry }: { entry: { timestamp: string } }) => entry.timestamp));
    await expectAccessible(page);
    expectQuiet(auditor);
  });

  it('places a legal hold and releases it, for who may', async () => {
    const signedIn = await web.signIn('owner', '/audit?view=holds');
    const { page } = signedIn;
    await page.getByRole('button', { name: 'Place a hold' }).press('Enter');
    const form = page.getByRole('dialog', { name: 'Place a legal hold' });
    await form.getByLabel('Reason').fill('case 4711');
    await form.getByRole('button', { name: 'Place a hold' }).press('Enter');
    await form.getByRole('alert').waitFor();
    await form.getByLabel('Service').fill(service);
    await expectAccessible(page);
    await form.getByRole('button', { name: 'Place a hold' }).press('Enter');
    await form.waitFor({ state: 'detached' });
    const holds = () =>
      web.app.db.query('SELECT service_id, reason, release_reason FROM audit_holds WHERE service_id = $1', [service]);
    expect((await holds()).rows).toEqual([{ service_id: service, reason: 'case 4711', release_reason: null }]);
    await rows(page).filter({ hasText: 'case 4711' }).first().press('Enter');
    await page.getByRole('dialog', { name: 'Legal hold' }).getByRole('button', { name: 'Release' }).press('Enter');
    const question = page.getByRole('dialog', { name: 'Release this hold?' });
    await question.getByLabel('Reason').fill('closed');
    await question.getByRole('button', { name: 'Release' }).press('Enter');
    await eventually(holds, ({ rows: [hold] }) => expect(hold.release_reason).toBe('closed'));
    expectQuiet(signedIn);
    await page.context().close();
    await visit(auditor.page, '/audit?view=holds');
    const refused = auditor.page.getByRole('button', { name: 'Place a hold' });
    const { permissions } = (await web.app.call('GET', '/v1/admin/me', { as: await web.app.person('auditor') })).json;
    expect(await refused.getAttribute('aria-disabled')).toBe(permissions.includes('audit.hold.manage') ? null : 'true');
  });
});
