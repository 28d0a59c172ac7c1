import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, expectQuiet, press, settled, startWeb, visit, type Watched, type Web } from './browser.ts';

let web: Web;
let operator: Watched;
let owner: Watched;
beforeAll(async () => {
  web = await startWeb();
  [operator, owner] = await Promise.all([web.signIn('operator', '/operations'), web.signIn('owner', '/operations')]);
});
afterAll(() => web.stop());

const configOf = async (serviceId: string): Promise<boolean> =>
  (await web.app.db.query('SELECT maintenance_mode FROM service_config WHERE service_id = $1', [serviceId])).rows[0]
    .maintenance_mode;
const statusOf = async (adminId: string): Promise<string> =>
  (await web.app.db.query('SELECT status FROM admins WHERE id = $1', [adminId])).rows[0].status;
const slugOf = (serviceId: string) => `s-${serviceId}`;

const main = (page: Page) => page.locator('main');
const phase = (page: Page, text: string) => main(page).getByText(text, { exact: true }).first().waitFor();
async function open({ page }: Watched, path: string): Promise<Page> {
  await visit(page, path);
  return page;
}

/** One of a list, by the keys alone. */
async function pick(page: Page, label: string, text: string): Promise<void> {
  await page.getByLabel(label).first().focus();
  await page.keyboard.type(text);
  await page.getByRole('option', { name: text }).first().waitFor();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
}

describe('an operation', () => {
  it('is planned, run and put back by keyboard, and a reload loses nothing that was filled in', async () => {
    const service = await web.app.service();
    const page = await open(operator, '/operations');
    await page.getByRole('link', { name: 'New operation' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('link', { name: 'Maintenance', exact: true }).focus();
    await page.keyboard.press('Enter');
    await pick(page, 'Which one', slugOf(service));
    await page.getByRole('radio', { name: 'On', exact: true }).focus();
    await page.keyboard.press('Space');
    await page.reload();
    await settled(page);
    expect(await page.getByRole('radio', { name: 'On', exact: true }).isChecked()).toBe(true);
    await press(page, 'Show the plan');
    await page.getByText('1 target', { exact: true }).waitFor();
    expect(await configOf(service)).toBe(false);
    expect(await page.getByRole('button', { name: 'Run it now' }).isDisabled()).toBe(true);
    await page.getByLabel('Reason').focus();
    await page.keyboard.type('The storage is moved');
    await press(page, 'Run it now');
    await page.waitForURL(/\/operations\/[0-9a-f-]{36}$/);
    await phase(page, 'Completed');
    expect(await configOf(service)).toBe(true);
    const { rows } = await web.app.db.query('SELECT reason, actor_admin_id FROM admin_operations WHERE id = $1', [
      page.url().slice(-36),
    ]);
    expect(rows[0]).toEqual({ reason: 'The storage is moved', actor_admin_id: web.admins.operator.id });

    await press(page, 'Undo');
    await page.getByRole('dialog').getByRole('button', { name: 'Undo', exact: true }).focus();
    await page.keyboard.press('Enter');
    await phase(page, 'Undone');
    expect(await configOf(service)).toBe(false);
    expectQuiet(operator);
  });

  it('that takes away waits for another admin, who finds it in the inbox', async () => {
    const person = await web.app.person('viewer');
    const asking = await open(
      owner,
      `/operations/new?type=admins.lock&target=${encodeURIComponent(JSON.stringify({ type: 'admin', id: person.id }))}`,
    );
    await press(asking, 'Show the plan');
    await asking.getByText('1 target', { exact: true }).waitFor();
    await asking.getByLabel('Reason').fill('A lost laptop');
    const ask = asking.getByRole('button', { name: 'Ask for approval' });
    expect(await ask.isDisabled()).toBe(true);
    await asking.getByLabel('Type 1 to confirm').fill('1');
    await press(asking, 'Ask for approval');
    await phase(asking, 'Waits for approval');
    const address = new URL(asking.url()).pathname;
    // One's own plan: the list of what may not be done says why.
    expect(await asking.getByRole('button', { name: 'Approve', exact: true }).count()).toBe(0);
    await press(asking, 'Not now');
    await asking.getByText('You asked for it; another admin decides about the plan').first().waitFor();
    await asking.keyboard.press('Escape');

    const second = await web.app.person('owner');
    const refused = await web.app.call('POST', `/v1/admin${address}/start`, { as: second, body: {} });
    expect(refused.status).toBe(409);
    const listed = await web.app.call('GET', '/v1/admin/operations?forMe=true', { as: second });
    expect(listed.json.items.map(({ id }: { id: string }) => id)).toContain(address.slice(-36));
    const agreed = await web.app.call('POST', `/v1/admin${address}/approve`, {
      as: second,
      body: { planHash: listed.json.items.find(({ id }: { id: string }) => id === address.slice(-36)).plan.hash },
    });
    expect(agreed.status).toBe(200);
    // Whoever asked sees it without loading the page anew.
    await asking.getByRole('button', { name: 'Start', exact: true }).waitFor();
    await press(asking, 'Start');
    const dialog = asking.getByRole('dialog');
    await dialog.getByLabel('Type 1 to confirm').fill('1');
    await dialog.getByRole('button', { name: 'Start', exact: true }).click();
    await phase(asking, 'Completed');
    expect(await statusOf(person.id)).toBe('locked');
    await asking.getByText(`${second.email} agreed`).waitFor();
    expectQuiet(owner);
  });

  it('is agreed to from the inbox, by keyboard', async () => {
    const person = await web.app.person('viewer');
    const asker = await web.app.person('owner');
    const asked = await web.app.call('POST', '/v1/admin/operations', {
      as: asker,
      body: {
        type: 'admins.lock',
        target: { type: 'admin', id: person.id },
        parameters: {},
        reason: 'It may be nothing',
      },
    });
    expect(asked.status).toBe(202);
    const page = await open(owner, '/operations?view=inbox');
    await page.getByRole('row').filter({ hasText: 'It may be nothing' }).focus();
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/operations\/[0-9a-f-]{36}$/);
    await press(page, 'Approve');
    await page.getByRole('dialog').getByRole('button', { name: 'Approve', exact: true }).focus();
    await page.keyboard.press('Enter');
    await phase(page, 'Approved');
    await eventually(
      () => web.app.call('GET', `/v1/admin/operations/${asked.json.id}`, { as: asker }),
      ({ json }) =>
        expect(json.approval.decisions).toMatchObject([{ adminId: web.admins.owner.id, decision: 'approve' }]),
    );
    expect(await statusOf(person.id)).toBe('active');
    expectQuiet(owner);
  });

  it('takes the rows of a file, and tells which lines are wrong', async () => {
    const [first, second] = [await web.app.service(), await web.app.service()];
    const page = await open(operator, '/operations/new?type=services.maintenance&from=file');
    const csv = `Service ID;Note\n${first};good\nnonsense;bad\n${second};good\n`;
    await page
      .locator('input[type="file"]')
      .setInputFiles({ name: 'services.csv', mimeType: 'text/csv', buffer: Buffer.from(csv) });
    await page.getByText('The first lines of the file').waitFor();
    await page.getByRole('radio', { name: 'On', exact: true }).check();
    await page.getByLabel('Reason').fill('Both of them');
    await press(page, 'Upload and plan');
    const errors = page.getByRole('table', { name: 'What is wrong with which line' });
    await errors.waitFor();
    expect(await errors.getByRole('row').nth(1).textContent()).toMatch(/^3/);
    await page.getByLabel('Leave out rows that are wrong').check();
    await press(page, 'Upload and plan');
    await page.waitForURL(/\/operations\/[0-9a-f-]{36}$/);
    await phase(page, 'Planned');
    await page.getByText('1 row of the file was left out').waitFor();
    await press(page, 'Start');
    await page.getByRole('dialog').getByRole('button', { name: 'Start', exact: true }).click();
    await phase(page, 'Completed');
    expect([await configOf(first), await configOf(second)]).toEqual([true, true]);
    expectQuiet(operator);
  });
});

describe('an operation that takes its time', () => {
  it('is paused, gone on with and cancelled, and what failed of it is tried again, as it happens', async () => {
    // Two seconds of rest after each target.
    const slow = await startWeb({
      OPERATION_BATCH_ITEMS: '1',
      OPERATION_DUTY_PERCENT: '1',
      OPERATION_LEASE_SECONDS: '8',
    });
    const asker = await slow.app.person('owner');
    const signedIn = await slow.signIn('operator', '/operations');
    const { page } = signedIn;
    const begin = async (count: number) => {
      const ids = await Promise.all(Array.from({ length: count }, () => slow.app.service()));
      const target = { type: 'services', ids };
      const parameters = { maintenanceMode: true, message: 'Back soon.' };
      const body = { type: 'services.maintenance', target, parameters, reason: 'slowly' };
      const { json } = await slow.app.call('POST', '/v1/admin/operations', { as: asker, body });
      return { id: json.id as string, ids };
    };
    const rowOf = async (id: string) =>
      (await slow.app.db.query('SELECT phase, items_done, items_failed FROM admin_operations WHERE id = $1', [id]))
        .rows[0];
    try {
      const { id, ids } = await begin(4);
      await slow.app.db.query(
        `CREATE TRIGGER stubborn BEFORE UPDATE ON service_config FOR EACH ROW
         WHEN (OLD.service_id = '${ids[3]}') EXECUTE FUNCTION refuse_change()`,
      );
      await visit(page, `/operations/${id}`);
      const bar = page.getByRole('progressbar');
      await expect.poll(async () => Number(await bar.getAttribute('aria-valuenow'))).toBeGreaterThan(0);
      await press(page, 'Pause');
      await phase(page, 'Paused');
      const paused = await rowOf(id);
      expect(paused.phase).toBe('paused');
      expect(Number(paused.items_done)).toBeLessThan(4);
      expect(await bar.getAttribute('aria-valuetext')).toContain(`${paused.items_done} of 4`);
      // The verb that was pressed is gone; the next one has the focus.
      await expect.poll(() => page.locator(':focus').textContent()).toBe('Resume');
      await page.keyboard.press('Enter');
      await expect.poll(async () => (await rowOf(id)).phase).not.toBe('paused');
      // It comes to its end without being loaded anew.
      await phase(page, 'Completed, some failed');
      expect(await bar.getAttribute('aria-valuenow')).toBe('100');
      const failures = page.getByRole('grid').getByRole('row').filter({ hasText: 'Failed' });
      await failures.first().waitFor();
      expect(await failures.count()).toBe(1);
      expect(await failures.first().textContent()).toContain(ids[3]);

      await slow.app.db.query('DROP TRIGGER stubborn ON service_config');
      await press(page, 'Retry what failed');
      await page.getByRole('dialog').getByRole('button', { name: 'Retry what failed' }).focus();
      await page.keyboard.press('Enter');
      await phase(page, 'Completed');
      expect(await rowOf(id)).toMatchObject({ phase: 'completed', items_failed: 0 });

      const other = await begin(6);
      await visit(page, `/operations/${other.id}`);
      await press(page, 'Cancel the operation');
      await page.getByRole('dialog').getByRole('button', { name: 'Cancel the operation' }).focus();
      await page.keyboard.press('Enter');
      await phase(page, 'Cancelled');
      expect(Number((await rowOf(other.id)).items_done)).toBeLessThan(6);
      expectQuiet(signedIn);
    } finally {
      await page.context().close();
      await slow.stop();
    }
  });
});

describe('a schedule of operations', () => {
  it('is made, paused and put back on', async () => {
    const service = await web.app.service();
    const target = encodeURIComponent(JSON.stringify({ type: 'service', id: service }));
    const page = await open(operator, `/operations/new?type=cache.purge&when=schedule&target=${target}`);
    await page.getByLabel('Name').fill('Purge on Mondays');
    await page.getByLabel('Times, as crontab(5) has them').fill('15 4 * * 1');
    await page.getByText('At 04:15, on Monday').waitFor();
    await page.getByLabel('Reason').fill('Every week');
    await press(page, 'Create the schedule');
    await page.waitForURL(/\/operations\?view=schedules$/);
    await page.getByRole('button', { name: 'Actions: Purge on Mondays' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('menuitem', { name: 'Pause' }).click();
    const enabled = async () =>
      (await web.app.db.query('SELECT enabled, cron FROM operation_schedules WHERE name = $1', ['Purge on Mondays']))
        .rows[0];
    await eventually(enabled, (row) => expect(row).toEqual({ enabled: false, cron: '15 4 * * 1' }));
    await press(page, 'Undo');
    await eventually(enabled, (row) => expect(row.enabled).toBe(true));
    expectQuiet(operator);
  });
});
