import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Person } from '../app.ts';
import { expectQuiet, settled, startWeb, type Watched, type Web } from './browser.ts';

/** `npm run screenshots` keeps them; otherwise they are only taken. */
const KEPT = process.env.SCREENSHOTS === '1';
const FOLDER = join(import.meta.dirname, '..', '..', 'docs', 'screenshots');
const PHONE = { width: 390, height: 760 };
const DESK = { width: 1280, height: 800 };

let web: Web;
let owner: Person;
let shop: string;

/** What a company might have in it on an ordinary day. */
async function fill(): Promise<void> {
  const names = { storefront: 'Web shop', invoices: 'Billing', members: 'Customer accounts', catalogue: 'Search' };
  const ids: Record<string, string> = {};
  for (const [slug, name] of Object.entries(names)) {
    const { json } = await web.app.call('POST', '/v1/admin/services', { as: owner, body: { slug, name } });
    ids[slug] = json.id;
  }
  shop = ids.storefront ?? '';
  const feature = async (code: string, name: string, parentId: string | null = null, isActive = true) =>
    (
      await web.app.call('POST', `/v1/admin/services/${shop}/features`, {
        as: owner,
        body: { code, name, isActive, ...(parentId ? { parentId } : {}) },
      })
    ).json.id;
  const checkout = await feature('checkout', 'Checkout');
  const cards = await feature('checkout.gift-cards', 'Gift cards', checkout, false);
  await feature('checkout.gift-cards.partial', 'Partial redemption', cards);
  await feature('checkout.express', 'Express', checkout);
  await feature('recommendations', 'Recommendations');
  const patch = (body: object, reason: string) => web.app.patch(owner, shop, body, { 'Audit-Reason': reason });
  await patch({ rateLimitRequests: 600 }, 'Autumn sale');
  await patch({ maintenanceMode: true, maintenanceMessage: 'Back at six.' }, 'Move of the database');
  await patch({ maintenanceMode: false, maintenanceMessage: null }, 'Done');
  await web.app.patch(await web.app.person('viewer'), shop, { auditLevel: 'MINIMAL' });
  for (const parameters of [{}, { serviceId: shop }])
    await web.app.finished(owner, await web.app.exported(owner, parameters));
  await web.app.drained();
}

beforeAll(async () => {
  web = await startWeb({}, { nudgeSeconds: 1 });
  owner = await web.app.person('owner');
  await fill();
});
afterAll(() => web.stop());

interface Shot {
  name: string;
  path: string;
  dark?: true;
  phone?: true;
  arabic?: boolean;
  /** Before it is taken. */
  go?: (page: Page) => Promise<void>;
}

const openFirstRow = async (page: Page) => {
  await page.locator('[data-index="0"]').click();
  await page.getByRole('dialog').waitFor();
};

const shots = (): Shot[] => [
  { name: 'services', path: '/services' },
  { name: 'features', path: `/services/${shop}/features` },
  { name: 'config-dark', path: `/services/${shop}/config`, dark: true },
  { name: 'audit', path: `/audit?q=service:${shop}` },
  {
    name: 'audit-record',
    path: `/audit?q=service:${shop} action:service.config.update -outcome:denied`,
    go: openFirstRow,
  },
  { name: 'operation-new', path: '/operations/new' },
  { name: 'exports', path: '/exports?whose=anybody' },
  { name: 'health', path: '/observability?view=health' },
  { name: 'features-arabic', path: `/services/${shop}/features`, arabic: true },
  { name: 'audit-arabic', path: `/audit?q=service:${shop}`, arabic: true, go: openFirstRow },
  { name: 'services-phone', path: '/services', phone: true },
];

async function take({ page, errors }: Watched, { name, path, arabic, dark, phone, go }: Shot): Promise<Buffer> {
  await page.setViewportSize(phone ? PHONE : DESK);
  await page.emulateMedia({ colorScheme: dark ? 'dark' : 'light' });
  if (arabic) {
    await page.evaluate(() => localStorage.setItem('steward-preferences', JSON.stringify({ language: 'ar' })));
  }
  await page.goto(web.url + path);
  await settled(page);
  await go?.(page);
  await settled(page);
  expect([name, errors]).toEqual([name, []]);
  const image = await page.screenshot({ type: 'jpeg', quality: 70, animations: 'disabled' });
  if (KEPT) {
    await mkdir(FOLDER, { recursive: true });
    await writeFile(join(FOLDER, `${name}.jpg`), image);
  }
  return image;
}

/** Where something begins, as a share of the window's width. */
const begins = async (page: Page, selector: string): Promise<number> => {
  const box = await page.locator(selector).first().boundingBox();
  return (box?.x ?? 0) / DESK.width;
};

describe('screenshots', () => {
  it('are taken of the pages as they are', async () => {
    let bytes = 0;
    const signedIn = await web.open('owner', '/me');
    for (const shot of shots().filter(({ arabic }) => !arabic)) bytes += (await take(signedIn, shot)).length;
    await signedIn.page.context().close();
    console.log(`screenshots: ${shots().length}, ${Math.round(bytes / 1000)} kB`);
    expect(bytes).toBeGreaterThan(100_000);
  });

  it('in Arabic have everything on the other side, and codes from left to right', async () => {
    const signedIn = await web.open('owner', '/me');
    const { page } = signedIn;
    const [features, audit] = shots().filter(({ arabic }) => arabic);
    if (!features || !audit) throw new Error('no Arabic shots');
    await take(signedIn, features);
    expect(await begins(page, 'nav')).toBeGreaterThan(0.7);
    expect(await begins(page, 'h1')).toBeGreaterThan(0.5);
    const code = page.locator('code').first();
    expect(await code.evaluate((element) => getComputedStyle(element).direction)).toBe('ltr');
    const english = await page
      .locator('main')
      .evaluate((main) => (main.textContent ?? '').match(/\b(Save|Cancel|Search|Move|Add|New|Features)\b/g));
    expect(english).toBeNull();
    await take(signedIn, audit);
    // A drawer comes in from where a line ends.
    expect(await begins(page, '[role="dialog"]')).toBeLessThan(0.2);
    expectQuiet(signedIn);
    await page.context().close();
  });
});
