import type { Page, Response, Route } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { go, preferScheme, settled, startWeb, violations, visit, type Watched, type Web } from './browser.ts';
import { everyPage } from './every-page.ts';

let web: Web;
beforeAll(async () => {
  web = await startWeb();
});
afterAll(() => web.stop());

/** What moves while it waits takes a seventh of a core in each window. */
const STILL = { reducedMotion: 'reduce' } as const;
const TABS_AT_ONCE = 6;
const PAGES = everyPage('').length;

/** Each of a service of its own, of which a window knows nothing yet. */
async function pages(): Promise<string[]> {
  const services = await Promise.all(Array.from({ length: PAGES }, () => web.app.service()));
  return services.flatMap((service, index) => everyPage(service)[index] ?? []);
}

/** No address of the list, and nothing that any of them shows. */
const START = '/audit/sessions/01900000-0000-7000-8000-000000000000';

/** `work` for every page, a few at a time in windows of one sign-in that have loaded the UI. @returns what each had to say */
async function inAll(signedIn: Watched, work: (page: Page, path: string) => Promise<string[]>): Promise<string[]> {
  const left = await pages();
  const found: string[] = [];
  const context = signedIn.page.context();
  const windows = Array.from({ length: TABS_AT_ONCE }, async () => {
    const page = await context.newPage();
    page.on('pageerror', (error) => found.push(`${page.url()}: ${error}`));
    await page.goto(web.url + START);
    await settled(page);
    for (let path = left.shift(); path !== undefined; path = left.shift()) {
      const where = path;
      const said = await work(page, where).catch((error: Error) => [error.message.slice(0, 600)]);
      found.push(...said.map((each) => `${where}: ${each}`));
    }
    await page.close();
  });
  await Promise.all(windows);
  return found;
}

/** What a page shows of its own, without the frame around it. */
const content = (page: Page) => page.locator('main');

describe('every page', () => {
  it('has nothing that axe objects to, in light and in dark, and fits 360 pixels and a window at 200 % zoom', async () => {
    const owner = await web.open('owner', '/services', STILL);
    const count = { axe: 0, wide: 0 };
    const found = await inAll(owner, async (page, path) => {
      const wrong: string[] = [];
      await page.setViewportSize({ width: 1280, height: 800 });
      await visit(page, path);
      for (const colorScheme of ['light', 'dark'] as const) {
        await preferScheme(page, colorScheme);
        const objections = await violations(page);
        count.axe += objections.length;
        wrong.push(...objections.map((each) => `${colorScheme} ${each}`));
      }
      // At 200 %, a window of 1280 has 640 of CSS's pixels.
      for (const width of [640, 360]) {
        await page.setViewportSize({ width, height: 740 });
        await settled(page);
        // What is laid out by script follows a frame or two later.
        const excess = await page.evaluate(async () => {
          const { documentElement: all } = document;
          for (let frame = 0; frame < 300 && all.scrollWidth > all.clientWidth; frame++)
            await new Promise(requestAnimationFrame);
          return all.scrollWidth - all.clientWidth;
        });
        if (excess <= 0) continue;
        count.wide++;
        wrong.push(`${excess} pixels wider than ${width}`);
      }
      return wrong;
    });
    console.log(`axe (WCAG 2.2 AA): pages tried ${PAGES} in light and dark, violations ${count.axe}`);
    console.log(`windows of 640 and 360 pixels: pages tried ${PAGES}, too wide ${count.wide}`);
    expect(found).toEqual([]);
    await owner.page.context().close();
  });

  it('waits for a server that is slow or asks to wait with something that is shaped like it, says what is wrong, with the request’s id, and goes on when asked to', async () => {
    const owner = await web.open('owner', '/services', STILL);
    const found = await inAll(owner, async (page, path) => {
      const asked = new Set<string>();
      const slow = Promise.withResolvers<void>();
      let fate = async (route: Route): Promise<void> => {
        const address = route.request().url();
        // Each is told to come back in a second, once; then nothing comes for a while, and then nothing at all.
        if (!asked.has(address) && asked.add(address)) return route.fulfill(problem(429, { 'Retry-After': '1' }));
        await slow.promise;
        return route.abort('internetdisconnected');
      };
      await page.route('**/v1/**', (route) => (isOwn(route) ? fate(route) : route.continue()));
      await go(page, path);
      const alert = content(page).getByRole('alert').first();
      const again = alert.getByRole('button', { name: 'Try again' });
      await content(page).locator('[aria-busy="true"], .mantine-Skeleton-root').first().waitFor();
      const early = await content(page).getByRole('alert').count();
      slow.resolve();
      await alert.getByText('Steward cannot be reached').waitFor();
      fate = refuse;
      await again.click();
      await alert.getByText('It broke.').waitFor();
      const said = await alert.textContent();
      fate = (route) => route.continue();
      await again.click();
      await alert.waitFor({ state: 'detached' });
      await settled(page);
      const left = await content(page).getByRole('alert').count();
      await page.unrouteAll({ behavior: 'ignoreErrors' });
      return [
        ...(said?.includes('Request 01234567') ? [] : [`said ${said}`]),
        ...(early + left === 0 ? [] : [`alerts shown while it waits ${early}, in the end ${left}`]),
      ];
    });
    console.log(`429, slow, no connection, 500, then well again: pages tried ${PAGES}, wrong ${found.length}`);
    expect(found).toEqual([]);
    await owner.page.context().close();
  });

  it('offers a viewer nothing that the server refuses', async () => {
    const viewer = await web.open('viewer', '/services', STILL);
    let clicked = 0;
    const found = await inAll(viewer, async (page, path) => {
      const refused: string[] = [];
      const listen = (response: Response) => {
        if (response.request().method() !== 'GET' && response.status() === 403)
          refused.push(`${response.request().method()} ${response.url()}`);
      };
      page.on('response', listen);
      await visit(page, path);
      const controls = content(page).locator(
        // Whoever has signed out is refused everything.
        'button:not([data-disabled]):not(:disabled):not([data-signs-out]), [role="switch"]:not(:disabled)',
      );
      for (let index = 0; index < (await controls.count()); index++) {
        const control = controls.nth(index);
        if (!(await control.isVisible())) continue;
        await control.click({ timeout: 5000 }).catch(() => undefined);
        clicked++;
        await submitDialog(page);
        if (new URL(page.url()).pathname !== new URL(path, web.url).pathname) await visit(page, path);
        else await settled(page);
      }
      page.off('response', listen);
      return refused;
    });
    console.log(
      `controls a viewer can press: tried ${clicked} on ${PAGES} pages, refused by the server ${found.length}`,
    );
    expect(clicked).toBeGreaterThan(20);
    expect(found).toEqual([]);
    await viewer.page.context().close();
  });
});

/** Whatever the page asks; who is signed in, and what hooks tell, go on. */
const isOwn = (route: Route) => !/\/v1\/(admin\/me$|otlp\/)/.test(route.request().url());

const problem = (status: number, headers: Record<string, string> = {}) => ({
  status,
  headers: { 'Content-Type': 'application/problem+json', ...headers },
  body: JSON.stringify({
    type: 'about:blank',
    title: 'Broken',
    status,
    detail: 'It broke.',
    instance: '/',
    code: status === 429 ? 'rate_limited' : 'internal',
    requestId: '01234567-89ab-7cde-8f01-23456789abcd',
  }),
});
const refuse = (route: Route) => route.fulfill(problem(500));

/** In a dialog that has opened, presses what would send it, and goes back. */
async function submitDialog(page: Page): Promise<void> {
  const dialog = page.getByRole('dialog').last();
  if ((await dialog.count()) === 0) return;
  const send = dialog.locator('button[type="submit"]:not([data-disabled]):not(:disabled)').first();
  if ((await send.count()) > 0) await send.click({ timeout: 5000 }).catch(() => undefined);
  await page.keyboard.press('Escape');
}
