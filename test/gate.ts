import { randomUUID } from 'node:crypto';
import type { GateSnapshot } from '../drizzle/repositories/gate.ts';
import type { App, Person } from './app.ts';

/** A Worker of somebody else's that asks the gate by its service binding. */
export const caller = {
  name: 'caller',
  serviceBindings: { GATE: { name: 'steward' as const, entrypoint: 'Gate' } },
  script: `export default {
    async fetch(request, { GATE }) {
      const { input, times } = await request.json();
      try {
        return Response.json(await Promise.all(Array.from({ length: times }, () => GATE.check(input))));
      } catch (error) {
        return Response.json({ error: error.message }, { status: 500 });
      }
    },
  };`,
};

export interface Decision {
  allow: boolean;
  reason: string;
  status: number;
  message: string;
  headers: Record<string, string>;
  features: string[];
}

/** Asks `times` at once through the service binding of a second Worker. */
export async function checkByBinding(app: App, input: object, times = 1): Promise<Decision[]> {
  const url = await app.worker().miniflare.unsafeGetDirectURL(caller.name);
  const response = await fetch(url, { method: 'POST', body: JSON.stringify({ input, times }) });
  const answer = await response.json();
  if (!response.ok) throw new Error((answer as { error: string }).error);
  return answer as Decision[];
}

/** Asks once, over HTTP. */
export async function checkOverHttp(app: App, as: Person, input: object): Promise<Decision> {
  const answer = await app.call('POST', '/v1/gate/check', { as, body: input });
  if (answer.status !== 200) throw new Error(answer.text);
  return answer.json;
}

type Config = GateSnapshot['config'];

const OPEN: Partial<Config> = { jwtValidation: false, domainValidation: false, rateLimitEnabled: false };

/** A service that lets everybody in but for what `config` says. */
export async function openService(app: App, config: Partial<Config> = {}): Promise<string> {
  const id = await app.service();
  await setConfig(app, id, { ...OPEN, ...config });
  return id;
}

/** Straight into Postgres: nobody tells the gate. */
export async function setConfig(app: App, serviceId: string, config: Partial<Config>): Promise<void> {
  const column = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  const names = Object.keys(config);
  const assignments = names.map((name, i) => `${column(name)} = $${i + 2}`).join(', ');
  await app.db.query(`UPDATE service_config SET ${assignments} WHERE service_id = $1`, [
    serviceId,
    ...Object.values(config),
  ]);
}

export async function addDomain(app: App, serviceId: string, domain: string): Promise<void> {
  await app.db.query('INSERT INTO service_domains (id, service_id, domain, created_by) VALUES ($1, $2, $3, $1)', [
    randomUUID(),
    serviceId,
    domain,
  ]);
}

type Bypass = 'bypass_domain' | 'bypass_ip' | 'bypass_rate_limit';

/** @returns the tester's user id */
export async function addTester(app: App, serviceId: string, bypasses: Bypass[], expiresAt?: Date): Promise<string> {
  const userId = randomUUID();
  const has = (name: Bypass) => bypasses.includes(name);
  await app.db.query(
    `INSERT INTO service_tester_users (id, service_id, user_id, bypass_domain, bypass_ip, bypass_rate_limit, expires_at, created_by)
     VALUES ($1, $2, $1, $3, $4, $5, $6, $1)`,
    [userId, serviceId, has('bypass_domain'), has('bypass_ip'), has('bypass_rate_limit'), expiresAt ?? null],
  );
  return userId;
}

export async function addTesterAdmin(app: App, serviceId: string, adminId: string, expiresAt?: Date): Promise<void> {
  await app.db.query(
    `INSERT INTO service_tester_admins (id, service_id, admin_id, expires_at, created_by) VALUES ($1, $2, $3, $4, $3)`,
    [randomUUID(), serviceId, adminId, expiresAt ?? null],
  );
}

/** @returns its id */
export async function addFeature(
  app: App,
  serviceId: string,
  code: string,
  o: { parentId?: string; isActive?: boolean } = {},
) {
  const id = randomUUID();
  await app.db.query(
    `INSERT INTO service_features (id, service_id, parent_id, name, code, is_active, created_by) VALUES ($1, $2, $3, $4, $4, $5, $1)`,
    [id, serviceId, o.parentId ?? null, code, o.isActive ?? true],
  );
  return id;
}

/** A visitor's request. */
export const visit = (serviceId: string, more: object = {}) => ({
  serviceId,
  ip: '203.0.113.9',
  method: 'GET',
  path: '/',
  ...more,
});
