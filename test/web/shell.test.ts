import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectQuiet, settled, startWeb, visit, type Watched, type Web } from './browser.ts';

let web: Web;
beforeAll(async () => {
  web = await startWeb();
});
afterAll(() => web.stop());

const named = async (name: string): Promise<string> => {
  const id = await web.app.service();
  await web.app.db.query('UPDATE services SET name = $1 WHERE id = $2', [name, id]);
  return id;
};
const close = ({ page }: Watched) => page.context().close();
const heading = (page: Page) => page.locator('h1').textContent();

describe('signing in', () => {
  it('goes through the issuer and comes back to the page that was asked for', async () => {
    const service = await named('Deep link');
    const owner = await web.signIn('owner', `/services/${service}/config?from=mail`);
    await settled(owner.page);
    expect(await heading(owner.page)).toBe('Deep link');
    expectQuiet(owner);
    await close(owner);
  });

  it('again, after the session has ended, loses nothing of a form', async () => {
    const owner = await web.signIn('owner');
    const { page } = owner;
    await settled(page);
    await page.getByRole('button', { name: 'New service' }).click();
    await page.getByRole('textbox', { name: 'Name' }).fill('Kept over the end');
    await page.getByRole('textbox', { name: 'Slug' }).fill('kept-over-the-end');
    const { sessionId } = await (await page.request.get(`${web.url}/v1/admin/me`)).json();
    const other = await web.app.person('owner');
    expect((await web.app.call('DELETE', `/v1/admin/sessions/${sessionId}`, { as: other })).status).toBe(200);
    await page.getByRole('button', { name: 'Create', exact: true }).click();
    const popup = page.waitForEvent('popup');
    await page.getByRole('button', { name: 'Sign in again' }).click();
    const small = await popup;
    // The issuer still knows who it is.
    if (!small.isClosed()) await small.waitForEvent('close');
    await page.waitForURL('**/config');
    await settled(page);
    await expect.poll(() => heading(page)).toBe('Kept over the end');
    const { rows } = await web.app.db.query("SELECT name FROM services WHERE slug = 'kept-over-the-end'");
    expect(rows).toEqual([{ name: 'Kept over the end' }]);
    expectQuiet(owner);
    await close(owner);
  });

  it('out leads through the issuer to a page that does not sign in again by itself', async () => {
    const owner = await web.signIn('owner');
    const { page } = owner;
    await page.getByRole('button', { name: 'My account' }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.waitForURL((url) => url.origin !== web.url);
    await page.locator('button[type="submit"], button[name="logout"]').first().click();
    await page.waitForURL(`${web.url}/**`);
    await settled(page);
    expect(await heading(page)).toBe('You are signed out');
    expect((await page.request.get(`${web.url}/v1/admin/me`)).status()).toBe(401);
    await close(owner);
  });
});

describe('keys', () => {
  it('do what their list says, on a page of rows', async () => {
    const wanted = await named('Aardvark keys');
    await named('Aardvark locks');
    const owner = await web.open('owner');
    const { page } = owner;
    await settled(page);
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keys' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog', { name: 'Keys' }).waitFor({ state: 'detached' });
    await page.keyboard.press('/');
    await page.keyboard.type('Aardvark');
    await page.waitForURL('**/services?search=Aardvark');
    await page.waitForFunction(() => document.querySelectorAll('[data-index]').length === 2);
    await page.locator('h1').click();
    const focused = () => page.evaluate(() => document.activeElement?.getAttribute('data-index'));
    for (const [key, row] of [
      ['j', '0'],
      ['j', '1'],
      ['j', '1'],
      ['k', '0'],
    ] as const) {
      await page.keyboard.press(key);
      await expect.poll(focused).toBe(row);
    }
    const first = await page.locator('[data-index="0"]').textContent();
    await page.keyboard.press('Enter');
    await page.waitForURL('**/config');
    await settled(page);
    await expect.poll(async () => first?.includes((await heading(page)) ?? '-')).toBe(true);
    await page.goBack();
    await settled(page);
    expect(page.url()).toBe(`${web.url}/services?search=Aardvark`);
    expect(await page.getByRole('searchbox').inputValue()).toBe('Aardvark');
    await page.reload();
    await page.waitForFunction(() => document.querySelectorAll('[data-index]').length === 2);
    await page.keyboard.press('Control+k');
    await page.getByRole('dialog').getByRole('textbox').waitFor();
    await page.keyboard.type('keys');
    await page.locator('[data-combobox-selected]', { hasText: 'Aardvark keys' }).waitFor();
    await page.keyboard.press('Enter');
    await page.waitForURL(`**/services/${wanted}/config`);
    expectQuiet(owner);
    await close(owner);
  });
});

describe('a dialog', () => {
  it('has the focus while it is open, and gives it back', async () => {
    const owner = await web.open('owner');
    const { page } = owner;
    await settled(page);
    await page.getByRole('button', { name: 'New service' }).press('Enter');
    await page.getByRole('dialog', { name: 'New service' }).waitFor();
    const focused = () => page.evaluate(() => document.activeElement?.closest('[role="dialog"]') !== null);
    await expect.poll(focused).toBe(true);
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await expect.poll(() => page.evaluate(() => document.activeElement?.textContent)).toBe('New service');
    expectQuiet(owner);
    await close(owner);
  });
});

describe('an error', () => {
  it('that is not Steward’s, or that only a newer Steward knows, is headed by what could not be done', async () => {
    const owner = await web.open('owner');
    const { page } = owner;
    const answers = {
      '404 Not Found': '<h1>Nothing</h1>',
      'So it is.': '{"code":"not_yet_known","detail":"So it is."}',
    };
    for (const [said, body] of Object.entries(answers)) {
      await page.route('**/v1/admin/operations/*', (route) => route.fulfill({ status: 404, body }));
      await visit(page, `/operations/${crypto.randomUUID()}`);
      const alert = page.getByRole('main').getByRole('alert');
      await alert.getByText(said, { exact: true }).waitFor();
      expect(await alert.textContent()).toMatch(/^This could not be loaded/);
      await page.unroute('**/v1/admin/operations/*');
    }
    expectQuiet(owner);
    await close(owner);
  });
});

describe('what a browser remembers', () => {
  it('is how its owner likes the pages', async () => {
    await named('Remembered');
    const owner = await web.open('owner');
    const { page } = owner;
    await settled(page);
    const choose = async (label: string | RegExp) => {
      const menu = page.getByRole('menu');
      if ((await menu.count()) === 0)
        await page
          .getByRole('banner')
          .getByRole('button', { name: /^(Display|العرض)$/ })
          .click();
      await page.getByRole('menuitemradio', { name: label }).click();
    };
    await choose('Dark');
    await choose('UTC');
    await choose('العربية');
    await page.keyboard.press('Escape');
    for (const load of [async () => undefined, () => page.reload()]) {
      await load();
      await settled(page);
      await expect.poll(() => heading(page)).toBe('الخدمات');
      expect(
        await page.evaluate(() => [
          document.documentElement.dir,
          document.documentElement.lang,
          document.documentElement.dataset.mantineColorScheme,
        ]),
      ).toEqual(['rtl', 'ar', 'dark']);
      expect(await page.locator('time').first().getAttribute('title')).toContain('UTC');
      const navigation = await page.getByRole('navigation').first().boundingBox();
      expect(navigation?.x).toBeGreaterThan(600);
    }
    // What went wrong is said in that language too, and Steward's own sentence is marked as what it is.
    await visit(page, `/operations/${crypto.randomUUID()}`);
    const alert = page.getByRole('main').getByRole('alert');
    await alert.getByText('غير موجود', { exact: true }).waitFor();
    expect(await alert.locator('bdi[lang="en"]').textContent()).toBe('There is nothing here, or nothing you may see.');
    expectQuiet(owner);
    await close(owner);
  });

  it('is which columns a table has, and how wide', async () => {
    await named('Columns');
    const owner = await web.open('owner');
    const { page } = owner;
    await settled(page);
    const columns = () => page.getByRole('columnheader').allTextContents();
    expect(await columns()).toEqual(['Name', 'Slug', 'Description', 'Changed']);
    await page.getByRole('button', { name: 'Columns: Services' }).press('Enter');
    await page.getByRole('checkbox', { name: 'Description' }).uncheck();
    await page.getByRole('checkbox', { name: 'Created' }).check();
    await page.keyboard.press('Escape');
    const handle = page.getByRole('separator', { name: 'Width of Slug' });
    const width = async () => Number(await handle.getAttribute('aria-valuenow'));
    const before = await width();
    await handle.press('ArrowRight');
    await expect.poll(width).toBe(before + 16);
    await page.reload();
    await settled(page);
    expect(await columns()).toEqual(['Name', 'Slug', 'Changed', 'Created']);
    expect(await width()).toBe(before + 16);
    expectQuiet(owner);
    await close(owner);
  });
});

describe('a deployment', () => {
  it('while a page is open loads it anew, once, and the page that was wanted comes', async () => {
    const owner = await web.open('owner');
    const { page } = owner;
    await settled(page);
    let gone = true;
    let loads = 0;
    page.on('framenavigated', () => loads++);
    await page.route('**/assets/audit-page-*.js', (route) =>
      route.continue(gone ? { url: `${web.url}/assets/audit-page-gone.js` } : {}),
    );
    page.on('framenavigated', () => {
      gone = false;
    });
    await page.getByRole('link', { name: 'Audit', exact: true }).click();
    await expect.poll(() => heading(page)).toBe('Audit');
    expect(new URL(page.url()).pathname).toBe('/audit');
    expect(loads).toBeLessThanOrEqual(3);
    await close(owner);
  });

  it('leaves no page in the place of a piece that is gone, and every page where it was', async () => {
    const owner = await web.open('owner');
    // Not fetch, which has a Sec-Fetch-Mode of its own.
    const { request } = owner.page;
    const ask = async (path: string, headers: Record<string, string> = {}, method = 'GET') => {
      const answer = await request.fetch(web.url + path, { method, headers });
      const { 'content-type': kind, 'cache-control': caching, ...others } = answer.headers();
      return { status: answer.status(), kind: kind?.split(';')[0], caching, others, text: await answer.text() };
    };
    const goesTo = { 'Sec-Fetch-Mode': 'navigate', Accept: 'text/html' };
    const absent = { status: 404, kind: 'application/problem+json', caching: 'private, no-store' };
    let tried = 0;
    for (const headers of [{}, { 'Sec-Fetch-Mode': 'cors' }, goesTo])
      for (const path of [
        '/assets/audit-page-gone.js',
        '/assets/',
        '/fonts/gone.ttf',
        '/docs/nothing',
        '/auth/nothing',
      ]) {
        expect([path, headers, await ask(path, headers)]).toEqual([path, headers, expect.objectContaining(absent)]);
        tried++;
      }
    for (const asks of [{ 'Sec-Fetch-Mode': 'cors', Accept: 'text/html' }, { Accept: '*/*' }])
      expect(await ask('/services/nothing', asks)).toMatchObject(absent);
    // Of whoever is signed in.
    expect(await ask('/v1/nothing', goesTo)).toMatchObject(absent);
    expect((await ask('/services', goesTo, 'POST')).status).toBe(404);
    const page = await ask('/', goesTo);
    expect(page.text).toContain('<div id="root">');
    for (const path of ['/services', '/audit?view=holds', '/services/01900000-0000-7000-8000-000000000000/config'])
      for (const headers of [goesTo, { Accept: 'text/html,*/*;q=0.8' }]) {
        const found = await ask(path, headers);
        expect([found.status, found.kind, found.text]).toEqual([200, 'text/html', page.text]);
        expect(found.caching).toBe(page.caching);
        for (const name of ['content-security-policy', 'x-content-type-options', 'referrer-policy', 'etag'])
          expect([name, found.others[name]]).toEqual([name, page.others[name]]);
        tried++;
      }
    console.log(`addresses of files, pages and neither: tried ${tried}, answered with the wrong thing 0`);
    expect(page.others['content-security-policy']).toContain("default-src 'none'");
    await close(owner);
  });
});
