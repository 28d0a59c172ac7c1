import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Browser, BrowserContext } from 'playwright-core';
import { CLICKHOUSE_USERS, startStack } from '../dev/stack.ts';
import { type Sql, writeAuditYears } from './audit-data.ts';
import type { Bench } from './run.ts';

/** Steward as `npm start` serves it, with as many audit records as the table is measured with. */
export interface WebSite {
  url: string;
  sql: Sql;
  stop(): Promise<void>;
}

const NO_LIMIT = '900000000;w=60';
const ISSUER_ACCOUNT = 'dev|owner';

export async function startWebSite({ dataDir, onChild, report }: Bench, rows: number): Promise<WebSite> {
  const limits = { API_RATE_LIMIT: NO_LIMIT, AUTH_RATE_LIMIT: NO_LIMIT, OTLP_RATE_LIMIT: NO_LIMIT };
  const stack = await startStack({ dataDir: join(dataDir, 'stack'), onChild, log: report.progress, vars: limits });
  const { clickhouse, secrets, worker } = stack;
  const sql: Sql = async (query) => {
    const response = await fetch(`${clickhouse.url}/?session_id=${randomUUID()}`, {
      method: 'POST',
      headers: { 'X-ClickHouse-User': CLICKHOUSE_USERS.admin, 'X-ClickHouse-Key': secrets.clickhouse.admin },
      body: query,
    });
    const text = await response.text();
    if (!response.ok) throw new Error(text.slice(0, 500));
    return text;
  };
  report.progress(`${rows} audit records …`);
  await writeAuditYears(sql, rows, Date.now());
  return { url: worker.url, sql, stop: () => stack.stop() };
}

let cookies: Awaited<ReturnType<BrowserContext['cookies']>> | undefined;

/** A window with nothing in its cache, signed in. */
export async function signedInContext(browser: Browser, site: WebSite): Promise<BrowserContext> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: 'en' });
  if (cookies) {
    await context.addCookies(cookies);
    return context;
  }
  const page = await context.newPage();
  await page.goto(`${site.url}/auth/login?returnTo=/docs`);
  await page.locator(`button[value="${ISSUER_ACCOUNT}"]`).click();
  await page.waitForURL(`${site.url}/docs`);
  cookies = await context.cookies();
  await context.close();
  return signedInContext(browser, site);
}
