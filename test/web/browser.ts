/// <reference lib="dom" />
import { setTimeout as sleep } from 'node:timers/promises';
import axe from 'axe-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { expect } from 'vitest';
import { launchBrowser } from '../../dev/chromium.ts';
import { freePort } from '../../dev/ports.ts';
import { type AppOptions, startApp } from '../app.ts';

/** The accounts the issuer knows, each with the role it is named after. */
const ROLES = ['owner', 'operator', 'auditor', 'viewer'] as const;
export type Role = (typeof ROLES)[number];

/** Playwright's own time limit is 30 s; a busy machine takes its time, and the test's own limit ends what hangs. */
const PATIENCE_MS = 60_000;

/** What went wrong in a page, as its console and its network have it. */
export interface Watched {
  page: Page;
  /** Errors nobody caught, and what the console calls an error. */
  errors: string[];
}

function watch(page: Page): Watched {
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('console', (message) => {
    // Chromium says so of every answer from 400 on, also of those that are meant.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      errors.push(message.text());
  });
  return { page, errors };
}

let common: Promise<Browser> | undefined;

/** The same one for all files of a process, which ends with it; whoever signs in has a window of their own. */
const commonBrowser = (): Promise<Browser> => (common ??= launchBrowser());

/** One Steward with its UI at an address of its own, a browser, and an admin for each account of the issuer. */
export async function startWeb(vars: Record<string, string> = {}, more: AppOptions = {}) {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const [app, browser] = await Promise.all([
    startApp({ PUBLIC_URL: url, ...vars }, { routed: true, port, ...more }),
    commonBrowser(),
  ]);
  const admins = {} as Record<Role, { id: string; email: string; subject: string }>;
  for (const role of ROLES) {
    const subject = `dev|${role}`;
    const { rows } = await app.db.query('SELECT id, email FROM admins WHERE subject = $1', [subject]);
    const known = rows[0] ?? (await app.person(role));
    if (!rows[0])
      await app.db.query('UPDATE admins SET subject = $1, email = $2 WHERE id = $3', [
        subject,
        `${role}@steward.local`,
        known.id,
      ]);
    admins[role] = { id: known.id, email: `${role}@steward.local`, subject };
  }

  const sessions = new Map<Role, Exclude<BrowserContextOptions['storageState'], string | undefined>>();

  async function newWindow(options: BrowserContextOptions): Promise<Watched> {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: 'en', ...options });
    context.setDefaultTimeout(PATIENCE_MS);
    return watch(await context.newPage());
  }

  const web = {
    app,
    url,
    browser,
    admins,
    /** A window of its own, signed in through the issuer's pages, at `path`. */
    async signIn(role: Role, path = '/services', options: BrowserContextOptions = {}): Promise<Watched> {
      const watched = await newWindow(options);
      await watched.page.goto(`${url}${path}`);
      await chooseAccount(watched.page, role);
      await watched.page.waitForURL(`${url}${path}`);
      return watched;
    },
    /** The same with the session of the first who asked for this role: a sign-in is half of many a test. Nobody may end it. */
    async open(role: Role, path = '/services', options: BrowserContextOptions = {}): Promise<Watched> {
      const session = sessions.get(role);
      if (!session) {
        const first = await web.signIn(role, path, options);
        sessions.set(role, { cookies: await first.page.context().cookies(url), origins: [] });
        return first;
      }
      const watched = await newWindow({ ...options, storageState: session });
      await watched.page.goto(`${url}${path}`);
      return watched;
    },
    stop: () => app.stop(),
  };
  return web;
}

export type Web = Awaited<ReturnType<typeof startWeb>>;

/** On the issuer's page. */
export const chooseAccount = (page: Page, role: Role): Promise<void> =>
  page.locator(`button[value="dev|${role}"]`).click();

/** A window hears of it with a frame of its own, which may come after the answer to the one who asked for it. */
export async function preferScheme(page: Page, colorScheme: 'light' | 'dark'): Promise<void> {
  await page.emulateMedia({ colorScheme });
  await page.locator(`html[data-mantine-color-scheme="${colorScheme}"]`).waitFor();
}

/** The rules of WCAG 2.2, levels A and AA. */
const WCAG = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

/** What axe has against the page, each with the elements it means. */
export async function violations(page: Page): Promise<string[]> {
  await settled(page);
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe.source);
  const found = await page.evaluate(
    (rules) =>
      (window as unknown as { axe: typeof axe }).axe.run(document, { runOnly: rules, resultTypes: ['violations'] }),
    WCAG,
  );
  return found.violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id} ${target}: ${failureSummary}`),
  );
}

/** Nothing is loading, and nothing moves: half-faded colours are no contrast anybody looks at. */
export async function settled(page: Page): Promise<void> {
  await page.waitForFunction(() => {
    const busy = document.querySelector('[aria-busy="true"], [data-skeleton], .mantine-Skeleton-root');
    const moving = document.getAnimations().some(({ playState, effect }) => {
      const { iterations = 1 } = effect?.getTiming() ?? {};
      return playState === 'running' && iterations !== Number.POSITIVE_INFINITY;
    });
    return !busy && !moving && document.querySelector('h1');
  });
}

/** Goes to a path of the UI that is open as its own links do, and loads nothing anew. What it shows may still be on its way. */
export async function go(page: Page, path: string): Promise<void> {
  await page.evaluate((to) => {
    const shown = () => document.querySelector<HTMLElement>('main[data-shown]')?.dataset.shown;
    const before = shown();
    if (new URL(to, location.href).href === location.href) return;
    history.pushState({}, '', to);
    const { promise, resolve } = Promise.withResolvers<void>();
    const look = () => (shown() === before ? requestAnimationFrame(look) : resolve());
    look();
    return promise;
  }, path);
}

export async function visit(page: Page, path: string): Promise<void> {
  await go(page, path);
  await settled(page);
}

/** Presses the last button of this name without the mouse, once it can be pressed. */
export async function press(page: Page, name: string): Promise<void> {
  const button = page.getByRole('button', { name, exact: true }).last();
  await expect.poll(() => button.isEnabled()).toBe(true);
  await button.press('Enter');
}

/** The same of a dialog, once it has the focus: it takes that a moment after it has come, from whatever is pressed before. */
export async function answer(page: Page, name: string): Promise<void> {
  const button = page.getByRole('dialog').getByRole('button', { name, exact: true }).last();
  const hasFocus = (element: Element) => element.closest('[role="dialog"]')?.contains(document.activeElement);
  await expect.poll(async () => (await button.isEnabled()) && (await button.evaluate(hasFocus))).toBe(true);
  await button.press('Enter');
}

/** Asks again until it is so; for what Postgres or ClickHouse have to say. */
export async function eventually<Value>(
  look: () => Promise<Value>,
  holds: (value: Value) => void,
  tries = 200,
): Promise<void> {
  for (let left = tries; ; left--) {
    try {
      return holds(await look());
    } catch (error) {
      if (left === 0) throw error;
      await sleep(100);
    }
  }
}

/** No page had an error that nobody expected. */
export function expectQuiet(...pages: Watched[]): void {
  expect(pages.flatMap(({ errors }) => errors)).toEqual([]);
}
