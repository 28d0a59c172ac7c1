import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { ClickHouseError } from './errors.ts';

export type May = 'read' | 'insert' | 'keep' | 'everything';
export type ClickHouseUser = { password: string; may: May };
export type Identity = { name: string; may: May };

type Credentials = { name: string; password: string };

/** Who is calling: ClickHouse's own headers, Basic authentication or URL parameters, but only one of them. */
export function authenticate(req: IncomingMessage, url: URLSearchParams, users: Map<string, ClickHouseUser>): Identity {
  const given = credentials(req, url);
  const user = users.get(given.name);
  // Compared even for an unknown name, so that an answer's time says nothing about which names exist.
  const right = sameSecret(given.password, user?.password ?? '');
  if (user === undefined || !right) {
    const why = `${given.name}: Authentication failed: password is incorrect, or there is no user with such name.`;
    throw new ClickHouseError(516, 'AUTHENTICATION_FAILED', why);
  }
  return { name: given.name, may: user.may };
}

function credentials(req: IncomingMessage, url: URLSearchParams): Credentials {
  const user = header(req, 'x-clickhouse-user');
  const key = header(req, 'x-clickhouse-key');
  const authorization = req.headers.authorization;
  const ways = [user ?? key, authorization, url.get('user') ?? url.get('password')];
  if (ways.filter((way) => way !== undefined && way !== null).length > 1) {
    throw new ClickHouseError(
      516,
      'AUTHENTICATION_FAILED',
      'Invalid authentication: give credentials in one way only.',
    );
  }
  if (user !== undefined || key !== undefined) return { name: user ?? 'default', password: key ?? '' };
  if (authorization !== undefined) return basic(authorization);
  return { name: url.get('user') ?? 'default', password: url.get('password') ?? '' };
}

function basic(authorization: string): Credentials {
  const encoded = /^Basic +(\S+)$/i.exec(authorization)?.[1];
  const decoded = encoded === undefined ? undefined : Buffer.from(encoded, 'base64').toString('utf8');
  const colon = decoded?.indexOf(':') ?? -1;
  if (decoded === undefined || colon < 0) {
    throw new ClickHouseError(516, 'AUTHENTICATION_FAILED', 'Invalid authentication: only Basic is supported.');
  }
  return { name: decoded.slice(0, colon), password: decoded.slice(colon + 1) };
}

function header(req: IncomingMessage, name: string): string | undefined {
  const value = req.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

function sameSecret(left: string, right: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(left), digest(right));
}
