import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../app.ts';
import { verified } from '../notifications.ts';
import { type Receiver, startReceiver } from '../receiver.ts';
import { eventually, expectQuiet, settled, startWeb, violations, visit, type Watched, type Web } from './browser.ts';

let web: Web;
let receiver: Receiver;
let owner: Watched;
beforeAll(async () => {
  receiver = await startReceiver({ status: 200 });
  web = await startWeb({ NOTIFY_PRIVATE_TARGETS: receiver.url, METRICS_GATHER_SECONDS: '1' });
  owner = await web.open('owner', '/observability?view=health');
});
afterAll(async () => {
  await web.stop();
  await receiver.close();
});

/** What the API says to whoever is signed in in the page. */
async function read<Value>({ page }: Watched, path: string): Promise<Value> {
  return (await (await page.request.get(web.url + path)).json()) as Value;
}

describe('health', () => {
  it('shows each component with its status, as the API has them', async () => {
    await settled(owner.page);
    const { components } = await read<{ components: { name: string; status: string }[] }>(owner, '/v1/system/health');
    const shown = await owner.page
      .locator('[data-component]')
      .evaluateAll((rows) =>
        rows.map((row) => [row.getAttribute('data-component'), row.querySelector('[data-status]')?.textContent]),
      );
    expect(shown.map(([name]) => name)).toEqual(components.map(({ name }) => name));
    expect(shown.every(([, status]) => ['Working', 'Degraded', 'Down'].includes(status ?? ''))).toBe(true);
  });
});

describe('metrics', () => {
  it('are drawn, told as a table, and in the address with their time and step', async () => {
    const { app } = web;
    let minutes = 0;
    await until(async () => {
      await app.worker().scheduled('* * * * *', new Date(Date.now() + ++minutes * 60_000));
      const { series } = await read<{ series: { values: number[] }[] }>(
        owner,
        '/v1/observability/metrics/query?metric=steward_http_requests_total&stat=sum&by=status',
      );
      return series.some(({ values }) => values.some((value) => value > 0));
    }, 'requests are measured');
    await visit(owner.page, '/observability?group=traffic');
    const { page } = owner;
    const chart = page.locator('[data-chart="requests"]');
    await chart.locator('canvas').waitFor();
    await chart.getByRole('button', { name: /^As a table.*Requests by status$/ }).press('Enter');
    const table = chart.getByRole('table');
    const titles = await table.getByRole('columnheader').allTextContents();
    const column = titles.indexOf('2xx');
    expect(column).toBeGreaterThan(0);
    const cells = await table.locator(`tbody tr td:nth-of-type(${column})`).allTextContents();
    expect(cells.some((text) => /[1-9]/.test(text))).toBe(true);
    await page.getByRole('combobox', { name: 'Time' }).press('Enter');
    await page.getByRole('option', { name: 'Last 24 hours' }).click();
    await page.waitForURL(/range=24h/);
    await page.getByRole('combobox', { name: 'Step' }).click();
    await page.getByRole('option', { name: '15 minutes' }).click();
    await page.waitForURL(/step=900/);
    await page.reload();
    await settled(page);
    expect(await page.getByRole('combobox', { name: 'Step' }).inputValue()).toBe('15 minutes');
    await page.goBack();
    await page.waitForURL((url) => !url.search.includes('step'));
  });
});

describe('dead letters', () => {
  it('are put back several at once, and each outcome is told', async () => {
    await web.app.db.query(
      `INSERT INTO dead_letters (id, queue, reason, body, attempts)
       SELECT 'letter-' || n, 'audit-outbox', 'It broke ' || n, '{"v":1,"kind":"audit.drain"}', 3 FROM generate_series(1, 3) n`,
    );
    await visit(owner.page, '/observability?view=dead-letters');
    const { page } = owner;
    await page.getByRole('checkbox', { name: 'Choose letter-1' }).press('Space');
    await page.getByRole('checkbox', { name: 'Choose letter-3' }).press('Space');
    await page.getByRole('button', { name: 'Put back (2)' }).press('Enter');
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('textbox', { name: 'Reason' }).fill('repaired');
    await dialog.getByRole('button', { name: 'Put back (2)' }).press('Enter');
    await dialog.getByText('2 of 2 put back, 0 not.').waitFor();
    const { rows } = await web.app.db.query(
      `SELECT id FROM dead_letters WHERE replayed_at IS NOT NULL AND id LIKE 'letter-%' ORDER BY id`,
    );
    expect(rows.map(({ id }) => id)).toEqual(['letter-1', 'letter-3']);
    await dialog.getByRole('button', { name: 'Close' }).last().press('Enter');
    const left = page.getByRole('row').filter({ hasText: 'It broke' });
    await eventually(
      () => left.count(),
      (count) => expect(count).toBe(1),
    );
    await left.press('Enter');
    await page.waitForURL(/letter=letter-2/);
    await page.getByRole('dialog').getByText('It broke 2').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    // Whoever goes through a list by keyboard is where they were.
    await eventually(
      () => left.evaluate((row) => row === document.activeElement),
      (isThere) => expect(isThere).toBe(true),
    );
  });
});

describe('channels', () => {
  const channelOf = async (name: string) =>
    (await web.app.db.query('SELECT id, name, version FROM notification_channels WHERE name = $1', [name])).rows[0];

  it('are made, tested and changed; a secret is shown once, and a change of somebody else is merged', async () => {
    await visit(owner.page, '/observability?view=channels');
    const { page } = owner;
    await page.getByRole('button', { name: 'New channel' }).press('Enter');
    const form = page.getByRole('dialog', { name: 'New channel' });
    await form.getByRole('textbox', { name: 'Name' }).fill('bridge');
    await form.getByRole('textbox', { name: 'Address' }).fill(`${receiver.url}/hook`);
    await form.getByRole('button', { name: 'Create' }).press('Enter');
    await form.getByText('Choose at least one event').waitFor();
    await form.getByRole('checkbox', { name: /Incident opened/ }).press('Space');
    await form.getByRole('button', { name: 'Create' }).press('Enter');
    const secret = (await page.locator('[data-secret]').textContent()) ?? '';
    expect(secret).toMatch(/^whsec_/);
    await page.getByRole('button', { name: 'I have stored it' }).press('Enter');
    await page.locator('[data-secret]').waitFor({ state: 'detached' });

    await page.getByRole('row').filter({ hasText: 'bridge' }).press('Enter');
    await page.getByRole('button', { name: 'Send a test' }).press('Enter');
    await page.locator('[data-test="delivered"]').waitFor();
    const [sent] = receiver.received;
    if (!sent) throw new Error('nothing was received');
    expect(verified(sent, secret).type).toBe('notification.test');

    const name = page.getByRole('dialog').getByRole('textbox', { name: 'Name' });
    await name.fill('my bridge');
    const { id } = await channelOf('bridge');
    const theirs = { name: 'their bridge' };
    const headers = { Origin: web.url };
    await page.request.patch(`${web.url}/v1/admin/notification-channels/${id}`, { data: theirs, headers });
    await page.getByRole('button', { name: 'Save' }).press('Enter');
    const merge = page.getByRole('dialog', { name: 'Somebody else saved first' });
    await merge.getByRole('radio', { name: 'Name: Mine' }).waitFor();
    expect(await merge.getByRole('radio', { name: 'Name: Mine' }).isChecked()).toBe(true);
    await merge.getByRole('button', { name: 'Save the merged version' }).press('Enter');
    await eventually(
      () => channelOf('my bridge'),
      (row) => expect(row?.id).toBe(id),
    );
    expect(await violations(page)).toEqual([]);
  });

  it('are deleted only by who types their name', async () => {
    const { page } = owner;
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Delete my bridge?' });
    expect(await dialog.getByRole('button', { name: 'Remove' }).isDisabled()).toBe(true);
    await dialog.getByRole('textbox', { name: 'Type my bridge to confirm' }).fill('my bridge');
    await dialog.getByRole('button', { name: 'Remove' }).press('Enter');
    await eventually(
      () => channelOf('my bridge'),
      (row) => expect(row).toBeUndefined(),
    );
    await page.getByText('No channel yet').waitFor();
    expectQuiet(owner);
  });
});

describe('a viewer', () => {
  it('is told on each view which permission it takes', async () => {
    const viewer = await web.open('viewer', '/observability');
    await settled(viewer.page);
    const tabs = viewer.page.getByRole('tab');
    expect(await tabs.count()).toBe(6);
    for (const tab of await tabs.all()) {
      await tab.click();
      const said = viewer.page.locator('[role="tabpanel"] [data-empty="noPermission"]');
      await said.waitFor();
      expect(await said.textContent()).toMatch(/observability\.view|system\.health\.view|notifications\.manage/);
    }
    expectQuiet(viewer);
  });
});
