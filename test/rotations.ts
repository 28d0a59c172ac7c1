import { createDecipheriv, hkdfSync } from 'node:crypto';
import { call } from '../drizzle/client.ts';
import { readRotation, rotateSigningKey } from '../drizzle/repositories/signing-keys.ts';
import type { App, Person } from './app.ts';
import { operationsOf } from './operations.ts';

const USES = ['links', 'cookies'] as const;
type KeyUse = (typeof USES)[number];
type Retire = 'when-unused' | 'now';

export interface StoredKey {
  use: KeyUse;
  id: string;
  wrapped: string | null;
  wrapped_by: string | null;
  operation_id: string;
  retire_at: Date | null;
  retired_by_operation_id: string | null;
}

/** Straight from the database, by use and name. */
export const storedKeys = async (app: App): Promise<StoredKey[]> =>
  (await app.db.query('SELECT * FROM signing_keys ORDER BY use, id')).rows;

/** The environment's, base64 by id. */
export function environmentOf({ settings }: App, use: KeyUse): Record<string, string> {
  const { LINK_KEYS, COOKIE_KEYS } = settings as Record<string, string>;
  return JSON.parse((use === 'links' ? LINK_KEYS : COOKIE_KEYS) ?? '');
}

/** Asked for by one owner, agreed to by another. */
export function rotating(app: App, [asks, agrees]: readonly [Person, Person]) {
  const operations = operationsOf(app);
  const agreed = async (retire: Retire, target: object = { type: 'every-key' }): Promise<string> => {
    const asked = await operations.asked(asks, { type: 'keys.rotate', target, parameters: { retire } });
    const answer = await operations.approve(agrees, asked);
    if (answer.status !== 200) throw new Error(answer.text);
    return asked.id;
  };
  return {
    operations,
    agreed,
    /** @returns the operation's id and the new key of each use */
    async rotated(retire: Retire, target?: object): Promise<{ id: string } & Record<KeyUse, string>> {
      const id = await agreed(retire, target);
      await operations.start(asks, id);
      const phase = await operations.reached(id);
      if (phase !== 'completed') throw new Error(`it is ${phase}`);
      const made = (await storedKeys(app)).filter((key) => key.operation_id === id && key.wrapped !== null);
      const of = (use: KeyUse) => made.find((key) => key.use === use)?.id ?? '';
      return { id, links: of('links'), cookies: of('cookies') };
    },
  };
}

/** Says the statements of a rotation of links once more. @returns what they answer */
export async function sayRotation(app: App, item: { operationId: string; id: string; wrapped: string }) {
  const rotation = { ...item, use: 'links', wrappedBy: 'k', lifeSeconds: 3600 } as const;
  const input = { ...rotation, environment: Object.keys(environmentOf(app, 'links')) };
  const [rotate, look] = [call(rotateSigningKey, input), call(readRotation, input)];
  await app.db.query(rotate.text, rotate.parameters);
  return (await app.db.query(look.text, look.parameters)).rows;
}

/** Opens a stored key as domain/access/key-wrap.ts says it is wrapped, told a second time. @throws Error when it does not open */
export function openStored(secret: string, { use, id, wrapped }: Pick<StoredKey, 'use' | 'id' | 'wrapped'>): Buffer {
  const key = hkdfSync('sha256', Buffer.from(secret, 'base64'), '', `steward signing_keys ${use}`, 32);
  const bytes = Buffer.from(wrapped ?? '', 'base64');
  const decipher = createDecipheriv('aes-256-gcm', Buffer.from(key), bytes.subarray(0, 12));
  decipher.setAAD(Buffer.from(JSON.stringify([use, id])));
  decipher.setAuthTag(bytes.subarray(-16));
  return Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()]);
}

/** The bytes of every key there is, stored and of the environment. */
export async function secretsOf(app: App): Promise<Buffer[]> {
  const environment = USES.flatMap((use) => Object.values(environmentOf(app, use)));
  const stored = (await storedKeys(app)).filter(({ wrapped }) => wrapped !== null);
  return [
    ...environment.map((text) => Buffer.from(text, 'base64')),
    ...stored.map((key) => openStored(environmentOf(app, key.use)[key.wrapped_by ?? ''] ?? '', key)),
  ];
}

/** The key that a link or a cookie names. */
export const keyOfLink = (link: string) => new URL(link, 'http://steward.test').searchParams.get('kid');
export const keyOfCookie = (cookie: string): string =>
  JSON.parse(Buffer.from(cookie.split('.')[0] ?? '', 'base64url').toString()).kid;

/** Whatever a rotation leaves somewhere, as text: what people and logs see, and the store itself; and its audit records' states. */
export async function placesOf(app: App, as: Person) {
  await app.drained();
  const { items: operations } = (await app.call('GET', '/v1/admin/operations?limit=200', { as })).json;
  const items = await Promise.all(operations.map(({ id }: { id: string }) => operationsOf(app).items(as, id)));
  const table = async (name: string) => (await app.db.query(`SELECT * FROM ${name}`)).rows;
  const names = ['audit_outbox', 'admin_operations', 'admin_operation_items', 'admin_operation_chunks'];
  const [outbox = [], ...others] = await Promise.all(names.map(table));
  const stored = await app.analytics(`SELECT * FROM audit_db.admin_audit_logs WHERE resource = 'signing_key'`);
  return {
    shown: [operations, items, outbox, ...others, stored, app.log].map((place) => JSON.stringify(place)),
    kept: JSON.stringify(await storedKeys(app)),
    records: outbox.filter(({ action }) => action === 'keys.rotate').map(({ after_state }) => after_state as object),
  };
}
