import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Person } from '../app.ts';
import { answer, eventually, expectQuiet, startWeb, visit, type Watched, type Web } from './browser.ts';

let web: Web;
let owner: Watched;
let other: Person;
beforeAll(async () => {
  web = await startWeb();
  other = await web.app.person('owner');
  owner = await web.signIn('owner');
});
afterAll(async () => {
  expectQuiet(owner);
  await web.stop();
});

const path = (service: string, rest = '') => `/v1/admin/services/${service}${rest}`;
const read = async (service: string, rest: string) =>
  (await web.app.call('GET', path(service, rest), { as: other })).json;
const add = async (service: string, what: string, body: object) =>
  (await web.app.call('POST', path(service, `/${what}`), { as: other, body })).json;

/** A tab of a service of its own, in the window that is signed in. */
async function open(service: string, tab: string): Promise<Page> {
  await visit(owner.page, `/services/${service}/${tab}`);
  return owner.page;
}

/** The notice in the corner that says so; `undo` puts it back. */
const said = (page: Page, text: string | RegExp) => page.locator('.mantine-Notification-root', { hasText: text });
async function undo(page: Page, text: string | RegExp): Promise<void> {
  // What is said of it is waited for: what was said of another one must be gone, and stays while the mouse is on it.
  const close = said(page, 'Put back').getByRole('button', { name: 'Close' });
  // It may be on its way out by itself.
  while ((await close.count()) > 0)
    await close
      .first()
      .dispatchEvent('click', {}, { timeout: 1000 })
      .catch(() => undefined);
  await said(page, text).getByRole('button', { name: 'Undo' }).click();
}

describe('the configuration of a service', () => {
  it('is merged with what somebody else saved first, field by field', async () => {
    const service = await web.app.service();
    const page = await open(service, 'config');
    await page.getByRole('switch', { name: 'In maintenance' }).press('Space');
    await page.getByRole('textbox', { name: 'Message to visitors' }).fill('Mine');
    const theirs = { rateLimitRequests: 77, maintenanceMessage: 'Theirs' };
    expect((await web.app.patch(other, service, theirs)).status).toBe(200);
    await page.getByRole('button', { name: 'Save', exact: true }).press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Somebody else saved first' });
    await dialog.waitFor();
    // Called off, nothing of theirs is lost by the next try.
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Save', exact: true }).press('Enter');
    await dialog.waitFor();
    expect(await dialog.locator('[data-field="maintenanceMessage"]').textContent()).toContain('Both of you changed it');
    await dialog.getByRole('radio', { name: 'Message to visitors: Theirs' }).check();
    await dialog.getByRole('button', { name: 'Save the merged version' }).press('Enter');
    await said(page, 'The configuration is saved').waitFor();
    expect(await read(service, '/config')).toMatchObject({ ...theirs, maintenanceMode: true });
    await undo(page, 'The configuration is saved');
    await said(page, 'Put back').waitFor();
    expect(await read(service, '/config')).toMatchObject({ ...theirs, maintenanceMode: false });
  });

  it('is not left behind unsaved without a question', async () => {
    const service = await web.app.service();
    const page = await open(service, 'config');
    await page.getByRole('switch', { name: 'In maintenance' }).press('Space');
    await page.getByRole('tab', { name: 'Countries' }).click();
    const question = page.getByRole('dialog', { name: 'Leave without saving?' });
    await question.waitFor();
    await page.keyboard.press('Escape');
    await question.waitFor({ state: 'detached' });
    expect(page.url()).toContain('/config');
    await page.getByRole('tab', { name: 'Countries' }).click();
    await question.getByRole('button', { name: 'Leave without saving' }).press('Enter');
    await page.waitForURL('**/countries');
  });

  it('has hosts that are added and removed one by one', async () => {
    const service = await web.app.service();
    const page = await open(service, 'config');
    const host = page.getByRole('textbox', { name: 'Host', exact: true });
    await host.fill('Shop.Example.com');
    await host.press('Enter');
    await page.locator('[data-domain="shop.example.com"]').waitFor();
    await page.getByRole('button', { name: 'Remove shop.example.com' }).press('Enter');
    await page.locator('[data-domain="shop.example.com"]').waitFor({ state: 'detached' });
    expect((await read(service, '/domains')).items).toEqual([]);
    await undo(page, 'shop.example.com is removed');
    await page.locator('[data-domain="shop.example.com"]').waitFor();
    expect((await read(service, '/domains')).items).toMatchObject([{ domain: 'shop.example.com' }]);
  });
});

describe('the tree of features', () => {
  const item = (page: Page, name: string) => page.getByRole('treeitem').filter({ hasText: name });
  const feature = async (service: string, code: string) =>
    (await read(service, '/features')).items.find((each: { code: string }) => each.code === code);

  it('is gone through, switched and moved by keys alone, and says where things go', async () => {
    const service = await web.app.service();
    const alpha = await add(service, 'features', { name: 'Alpha', code: 'alpha', displayOrder: 1 });
    const beta = await add(service, 'features', { name: 'Beta', code: 'beta', displayOrder: 2 });
    await add(service, 'features', { name: 'Gamma', code: 'gamma', displayOrder: 3, parentId: beta.id });
    const page = await open(service, 'features');
    await item(page, 'Alpha').focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Space');
    await said(page, 'Beta is switched off').waitFor();
    // Its own state stays on; what it comes to does not.
    await item(page, 'Gamma').locator('[data-effective="offAbove"]').waitFor();
    expect(await feature(service, 'gamma')).toMatchObject({ isActive: true, effective: false });

    await page.keyboard.press('m');
    await page.keyboard.press('ArrowRight');
    await page.getByText('Beta, 1 of 1 below Alpha, level 2').waitFor();
    await page.keyboard.press('Enter');
    await said(page, 'Beta is moved').waitFor();
    expect(await feature(service, 'beta')).toMatchObject({ parentId: alpha.id, depth: 2 });
    expect(await item(page, 'Gamma').getAttribute('aria-level')).toBe('3');
    expect(await page.evaluate(() => document.activeElement?.getAttribute('data-feature'))).toBe(beta.id);
    await undo(page, 'Beta is moved');
    await eventually(
      () => feature(service, 'beta'),
      (now) => expect(now).toMatchObject({ parentId: null, displayOrder: 2 }),
    );
    // What was changed and is not read again would be refused: somebody has changed it meanwhile.
    await said(page, 'Put back').waitFor();

    await item(page, 'Beta').focus();
    await page.keyboard.press('Delete');
    await page.getByText('1 feature below it is removed too.').waitFor();
    await answer(page, 'Remove');
    await said(page, '2 features are removed').waitFor();
    expect((await read(service, '/features')).items).toHaveLength(1);
    await undo(page, '2 features are removed');
    await item(page, 'Gamma').waitFor();
    expect(
      (await read(service, '/features')).items.map(({ code, depth }: Record<string, unknown>) => [code, depth]),
    ).toEqual([
      ['alpha', 1],
      ['beta', 1],
      ['gamma', 2],
    ]);
  });

  it('is rearranged by dragging, and never deeper than it may be', async () => {
    const service = await web.app.service();
    let parentId: string | null = null;
    for (let level = 1; level <= 8; level++) {
      const made = await add(service, 'features', { name: `Level ${level}`, code: `level-${level}`, parentId });
      parentId = made.id;
    }
    await add(service, 'features', { name: 'Loose', code: 'loose', displayOrder: 5 });
    await add(service, 'features', { name: 'Last', code: 'last', displayOrder: 6 });
    const page = await open(service, 'features');
    await item(page, 'Last').dragTo(item(page, 'Loose'), { targetPosition: { x: 200, y: 4 } });
    await said(page, 'Last is moved').waitFor();
    await eventually(
      () => feature(service, 'last'),
      (now) => expect(now.displayOrder).toBeLessThan(5),
    );
    await item(page, 'Loose').dragTo(item(page, 'Level 8'), { targetPosition: { x: 200, y: 19 } });
    // Nothing was sent: the next change is the first of its row.
    await item(page, 'Loose').focus();
    await page.keyboard.press('Alt+ArrowRight');
    await page.getByText('Loose, 1 of 1 below Last, level 2').waitFor();
    await page.keyboard.press('Escape');
    await page.getByText('Loose stays where it was').waitFor();
    expect(await feature(service, 'loose')).toMatchObject({ parentId: null, version: 1 });
  });
});

describe('what a service says to people', () => {
  it('is in countries, added by many and taken away with a way back', async () => {
    const service = await web.app.service();
    const page = await open(service, 'countries');
    await page.getByRole('button', { name: 'Add countries' }).press('Enter');
    for (const country of ['Germany', 'Kenya']) {
      await page.getByRole('combobox', { name: 'Countries' }).fill(country);
      await page.getByRole('option', { name: country }).waitFor();
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('Enter');
    }
    await answer(page, 'Add countries');
    await said(page, '2 countries are added').waitFor();
    await page.getByRole('switch', { name: 'Available in Kenya' }).press('Space');
    await said(page, 'No longer available in Kenya').waitFor();
    await page.getByRole('button', { name: 'Remove Germany' }).press('Enter');
    await said(page, 'Germany is removed').waitFor();
    await undo(page, 'Germany is removed');
    await page.getByRole('button', { name: 'Remove Germany' }).waitFor();
    expect((await read(service, '/countries')).items).toMatchObject([
      { code: 'DE', isAvailable: true },
      { code: 'KE', isAvailable: false },
    ]);
  });

  it('is in locales, in an order and with one default', async () => {
    const service = await web.app.service();
    for (const tag of ['de', 'en', 'fr']) await add(service, 'locales', { tag });
    const page = await open(service, 'locales');
    await page.getByRole('button', { name: 'Move fr up' }).press('Enter');
    await said(page, 'fr is 2 of 3 now').waitFor();
    const tags = async () => (await read(service, '/locales')).items.map(({ tag }: { tag: string }) => tag);
    expect(await tags()).toEqual(['de', 'fr', 'en']);
    await page.getByRole('button', { name: 'Make default: en' }).press('Enter');
    await said(page, 'en is the default now').waitFor();
    await undo(page, 'en is the default now');
    await said(page, 'Put back').first().waitFor();
    const { items } = await read(service, '/locales');
    expect(items.find(({ isDefault }: { isDefault: boolean }) => isDefault)).toMatchObject({ tag: 'de' });
  });

  it('is asked of them in consents: a draft until it is published, then never changed again', async () => {
    const service = await web.app.service();
    await add(service, 'locales', { tag: 'en' });
    const page = await open(service, 'consents');
    await page.getByRole('button', { name: 'New consent' }).press('Enter');
    await page.getByRole('textbox', { name: 'Code' }).fill('privacy');
    await page.getByRole('combobox', { name: 'Add a text in' }).fill('en');
    await page.keyboard.press('Enter');
    await page.getByRole('textbox', { name: 'Text, English (en)' }).fill('I agree.');
    await page.getByRole('button', { name: 'Create the draft' }).press('Enter');
    const drawer = page.getByRole('dialog', { name: 'privacy, revision 1' });
    await drawer.getByRole('switch', { name: 'Required' }).press('Space');
    await drawer.getByRole('button', { name: 'Save' }).press('Enter');
    await said(page, 'privacy, revision 1, is saved').waitFor();
    await drawer.getByRole('button', { name: 'Publish' }).press('Enter');
    const question = page.getByRole('dialog', { name: 'Publish privacy, revision 1?' });
    await question.getByRole('button', { name: 'Publish' }).press('Enter');
    await drawer.getByText('Published: it never changes again.').waitFor();
    await drawer.getByRole('button', { name: 'New revision from this one' }).press('Enter');
    await page.getByRole('dialog', { name: 'privacy, revision 2' }).waitFor();
    expect((await read(service, '/consents')).items).toMatchObject([
      { revision: 1, status: 'published', required: true },
      { revision: 2, status: 'draft' },
    ]);
  });

  it('keeps what is typed into a consent that somebody else publishes meanwhile, for the next revision', async () => {
    const service = await web.app.service();
    await add(service, 'locales', { tag: 'en' });
    const body = { code: 'terms', texts: { en: 'Theirs.' }, required: true };
    const { id, version } = await add(service, 'consents', body);
    const page = await open(service, 'consents');
    await page.getByText('terms', { exact: true }).click();
    const drawer = page.getByRole('dialog', { name: 'terms, revision 1' });
    const text = drawer.getByRole('textbox', { name: 'Text, English (en)' });
    await text.fill('Mine.');
    const headers = { 'If-Match': `"${version}"` };
    const published = await web.app.call('POST', path(service, `/consents/${id}/publish`), { as: other, headers });
    expect(published.status).toBe(200);
    await drawer.getByRole('button', { name: 'Save', exact: true }).press('Enter');
    await drawer.getByText('Somebody has published this revision').waitFor();
    expect(await text.inputValue()).toBe('Mine.');
    expect(await drawer.getByRole('button', { name: 'Publish', exact: true }).count()).toBe(0);
    await drawer.getByRole('button', { name: 'Save as the next revision' }).press('Enter');
    await page.getByRole('dialog', { name: 'terms, revision 2' }).waitFor();
    const { items } = await read(service, '/consents');
    const made = await Promise.all(items.map((each: { id: string }) => read(service, `/consents/${each.id}`)));
    expect(made).toMatchObject([
      { revision: 1, status: 'published', texts: { en: 'Theirs.' } },
      { revision: 2, status: 'draft', texts: { en: 'Mine.' }, required: true },
    ]);
  });

  it('is in documents, which are uploaded, downloaded as they were, and published', async () => {
    const service = await web.app.service();
    const page = await open(service, 'documents');
    await page.getByRole('button', { name: 'Upload a document' }).press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Upload a document' });
    const file = { name: 'terms.md', mimeType: 'text/markdown', buffer: Buffer.from('# Terms\n') };
    await dialog.locator('input[type="file"]').setInputFiles(file);
    await dialog.getByRole('textbox', { name: 'Title' }).fill('Terms');
    await dialog.getByRole('textbox', { name: 'Code' }).fill('terms');
    await dialog.getByRole('combobox', { name: 'Locale' }).fill('en');
    await dialog.getByRole('button', { name: 'Upload a document' }).press('Enter');
    await said(page, 'terms, revision 1, is uploaded').waitFor();
    const downloading = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Download Terms' }).press('Enter');
    const download = await downloading;
    expect(download.suggestedFilename()).toBe('terms-en-1.md');
    const chunks = await (await download.createReadStream()).toArray();
    expect(Buffer.concat(chunks).toString()).toBe('# Terms\n');
    await page.getByRole('button', { name: 'Publish Terms' }).press('Enter');
    await answer(page, 'Publish');
    await said(page, 'Terms is published').waitFor();
    expect((await read(service, '/documents')).items).toMatchObject([{ code: 'terms', status: 'published' }]);
  });
});

describe('who tests a service, and what happened in it', () => {
  it('testers pass what is ticked until their time is up', async () => {
    const service = await web.app.service();
    const user = '11111111-2222-4333-8444-555555555555';
    const page = await open(service, 'testers');
    await page.getByRole('button', { name: 'Add a user' }).press('Enter');
    await page.getByRole('textbox', { name: 'User id' }).fill(user);
    await page.getByRole('checkbox', { name: 'Rate limit' }).press('Space');
    await page.getByRole('button', { name: '1 day' }).press('Enter');
    await answer(page, 'Add a user');
    await said(page, 'The user is a tester now').waitFor();
    const [tester] = (await read(service, '/testers/users')).items;
    expect(tester).toMatchObject({ userId: user, bypassRateLimit: true, bypassDomain: false });
    const hours = (new Date(tester.expiresAt).getTime() - Date.now()) / 3_600_000;
    expect(Math.round(hours)).toBe(24);
    await web.app.db.query("UPDATE service_tester_users SET expires_at = now() - interval '1 hour'");
    await page.reload();
    await page.getByRole('row', { name: /Expired/ }).waitFor();
    await page.getByRole('radio', { name: 'Users' }).press('ArrowRight');
    await page.waitForURL('**/testers?who=admins');
    await page.getByText('No tester yet').waitFor();
  });

  it('figures are of the range in the address, and there as a table', async () => {
    const service = await web.app.service();
    const page = await open(service, 'analytics?range=30d');
    await page.getByRole('figure', { name: 'Requests' }).waitFor();
    expect(await page.getByRole('radio', { name: 'Days' }).isChecked()).toBe(true);
    await page.getByRole('button', { name: /As a table.*Requests/ }).press('Enter');
    expect(await page.getByRole('table', { name: 'Requests' }).getByRole('row').count()).toBe(32);
  });

  it('audit records lead to the explorer', async () => {
    const service = await web.app.service();
    await web.app.patch(other, service, { rateLimitRequests: 5 });
    await web.app.drained();
    const page = await open(service, 'audit');
    await page.getByRole('link', { name: 'service.config.update' }).click();
    await page.waitForURL(`**/audit?serviceId=${service}&record=*`);
  });
});
