import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ClickHouseClient, createClient } from '@clickhouse/client-web';
import { type ClickHouse, type ClickHouseUser, startClickHouse } from './start.ts';

/** Passwords with what breaks URLs, headers and SQL. */
export const USERS = {
  admin: { password: `a"'\\:& é`, may: 'everything' },
  reader: { password: 'reader-password', may: 'read' },
  writer: { password: 'writer-password', may: 'insert' },
  keeper: { password: 'keeper-password', may: 'keep' },
} satisfies Record<string, ClickHouseUser>;

export type UserName = keyof typeof USERS;

export type Reply = { status: number; code: string | null; text: string; headers: Headers };

export type Harness = {
  clickhouse: ClickHouse;
  dataDir: string;
  log: string[];
  client(user: UserName, more?: Parameters<typeof createClient>[0]): ClickHouseClient;
  /** A bare request; `url` holds URL parameters. */
  ask(user: UserName, sql: string | Uint8Array, url?: Record<string, string>, init?: RequestInit): Promise<Reply>;
  end(): Promise<void>;
};

export async function harness(): Promise<Harness> {
  const dataDir = mkdtempSync(join(tmpdir(), 'clickhouse-test-'));
  const log: string[] = [];
  const clickhouse = await startClickHouse({ dataDir, users: USERS, log: (line) => log.push(line) });
  return {
    clickhouse,
    dataDir,
    log,
    client: (user, more = {}) =>
      createClient({ url: clickhouse.url, username: user, password: latin1(USERS[user].password), ...more }),
    ask: (user, sql, url, init) => ask(clickhouse.url, user, sql, url, init),
    async end() {
      await clickhouse.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

export async function ask(
  base: string,
  user: UserName,
  sql: string | Uint8Array,
  url: Record<string, string> = {},
  init: RequestInit = {},
): Promise<Reply> {
  const { password } = USERS[user];
  const query = new URLSearchParams({ user, password, ...url });
  const body = typeof sql === 'string' ? sql : new Uint8Array(sql);
  const response = await fetch(`${base}/?${query}`, { method: 'POST', body, ...init });
  const { status, headers } = response;
  return { status, code: headers.get('x-clickhouse-exception-code'), text: await response.text(), headers };
}

/** client-web encodes credentials with btoa, which takes bytes: UTF-8 has to be given as such. */
function latin1(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}
