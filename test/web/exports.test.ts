import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, expectQuiet, press, settled, startWeb, visit, type Watched, type Web } from './browser.ts';

let web: Web;
let owner: Watched;
beforeAll(async () => {
  web = await startWeb();
  owner = await web.signIn('owner', '/exports');
});
afterAll(() => web.stop());

async function open(path: string): Promise<Page> {
  await visit(owner.page, path);
  return owner.page;
}

describe('an export', () => {
  it('is estimated, asked for, downloaded, and asked for again with the same parameters', async () => {
    const service = await web.app.service();
    const parameters = JSON.stringify({ serviceId: service });
    const page = await open(`/exports?new=services&parameters=${encodeURIComponent(parameters)}`);
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name', { exact: true }).fill('One service');
    await page.reload();
    await settled(page);
    expect(await dialog.getByLabel('Name', { exact: true }).inputValue()).toBe('One service');
    await press(page, 'Estimate');
    await dialog.getByText(/^1 row, about/).waitFor();
    await press(page, 'Ask for the export');
    await page.waitForURL(/\/exports\/[0-9a-f-]{36}$/);
    await page.getByText('Ready', { exact: true }).first().waitFor();
    const id = page.url().slice(-36);
    const { rows } = await web.app.db.query(
      'SELECT name, parameters, rows_done, sha256 FROM admin_exports WHERE id = $1',
      [id],
    );
    expect(rows[0]).toMatchObject({
      name: 'One service',
      rows_done: '1',
      parameters: { serviceId: service, archived: 'false' },
    });

    const started = page.waitForEvent('download');
    await page.getByRole('link', { name: 'Download the file' }).focus();
    await page.keyboard.press('Enter');
    const file = await readFile(await (await started).path(), 'utf8');
    expect(file).toContain(service);

    await page.getByRole('link', { name: 'Ask for it again' }).focus();
    await page.keyboard.press('Enter');
    await dialog.getByLabel('What to export').waitFor();
    expect(JSON.parse(new URL(page.url()).searchParams.get('parameters') ?? '')).toEqual(rows[0].parameters);
    expectQuiet(owner);
  });

  it('has a link for one download', async () => {
    const person = await web.app.person('owner');
    const asked = await web.app.call('POST', '/v1/admin/exports', { as: person, body: { exportType: 'features' } });
    await web.app.finished(person, asked.json.id);
    const page = await open(`/exports/${asked.json.id}`);
    await press(page, 'Make the link');
    const link = page.getByRole('link', { name: /\/v1\/admin\/exports\// });
    const address = (await link.getAttribute('href')) ?? '';
    expect((await web.app.download(address)).status).toBe(200);
    expect((await web.app.download(address)).status).toBe(410);
    expectQuiet(owner);
  });

  it('says why it failed, and that it was cancelled', async () => {
    const asked = await web.app.call('POST', '/v1/admin/exports', {
      as: await web.app.person('owner'),
      body: { exportType: 'features', name: 'Gone wrong' },
    });
    await web.app.db.query(
      `UPDATE admin_exports SET status = 'failed', failure_reason = 'a store did not answer', finished_at = now() WHERE id = $1`,
      [asked.json.id],
    );
    const page = await open(`/exports/${asked.json.id}`);
    await page.getByRole('alert').getByText('a store did not answer').waitFor();
    expect(await page.getByRole('button', { name: 'Pause' }).getAttribute('aria-disabled')).toBe('true');
    expect(await page.getByRole('button', { name: 'Retry' }).getAttribute('aria-disabled')).toBeNull();
  });
});

describe('a schedule of exports', () => {
  it('is made with a period, changed and removed', async () => {
    const page = await open('/exports?new=audit_logs');
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name', { exact: true }).fill('Every morning');
    await dialog.getByText('On a schedule', { exact: true }).click();
    await dialog.getByLabel('Times, as crontab(5) has them').fill('30 6 * * 1-5');
    await dialog.getByLabel('Period').click();
    await page.getByRole('option', { name: 'The day before' }).click();
    await press(page, 'Create the schedule');
    await page.waitForURL(/\/exports\?view=schedules$/);
    const kept = async () =>
      (await web.app.db.query('SELECT cron, period FROM export_schedules WHERE name = $1', ['Every morning'])).rows;
    expect(await kept()).toEqual([{ cron: '30 6 * * 1-5', period: 'previous_day' }]);
    await page.getByRole('row').filter({ hasText: 'Every morning' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').getByLabel('Times, as crontab(5) has them').fill('45 6 * * *');
    await press(page, 'Save');
    await eventually(kept, (rows) => expect(rows[0]?.cron).toBe('45 6 * * *'));
    await page.getByRole('button', { name: 'Actions: Every morning' }).click();
    await page.getByRole('menuitem', { name: 'Remove' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Remove', exact: true }).click();
    await eventually(kept, (rows) => expect(rows).toEqual([]));
    expectQuiet(owner);
  });
});
