import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { expect } from 'vitest';
import { type Answer, type App, type Person, until } from './app.ts';
import { queued } from './broker.ts';
import type { Received } from './receiver.ts';

export const CHANNELS = '/v1/admin/notification-channels';

export const path = (id: string, below = '') => `${CHANNELS}/${id}${below}`;

/** As a receiver does it, by the specification's own library: throws for what does not verify, or is too old. */
export function verified({ headers, body }: Received, secret: string) {
  new Webhook(secret).verify(body, headers as Record<string, string>);
  return { id: String(headers['webhook-id']), ...JSON.parse(body) };
}

export const verifies = (received: Received, secret: string): boolean => {
  try {
    verified(received, secret);
    return true;
  } catch {
    return false;
  }
};

export interface DeliveryRow {
  id: string;
  channel_id: string | null;
  admin_id: string | null;
  notification_id: string;
  type: string;
  status: string;
  attempts: number;
  last_error: string | null;
  answered_status: number | null;
  wait: number;
}

let made = 0;

/** What tests do with the channels of an app. */
export function notificationsOf(app: App) {
  const rows = async (where: string, ...values: unknown[]): Promise<DeliveryRow[]> =>
    (
      await app.db.query(
        `SELECT d.*, extract(epoch FROM d.next_attempt_at - now())::float8 AS wait FROM notification_deliveries d WHERE ${where} ORDER BY id`,
        values,
      )
    ).rows;
  const one = async (id: string) => (await rows('d.id = $1', id))[0] as DeliveryRow;
  return {
    post: (as: Person, body: object, headers = {}): Promise<Answer> =>
      app.call('POST', CHANNELS, { as, body, headers }),
    /** A channel that was made, and its secret. */
    async channel(
      as: Person,
      o: { events: string[]; url?: string; recipients?: string[]; type?: string; enabled?: boolean },
    ) {
      const answer = await app.call('POST', CHANNELS, {
        as,
        body: { type: 'webhook', name: `channel ${++made}`, ...o },
      });
      expect([answer.status, answer.text.slice(0, 300)]).toEqual([201, expect.anything()]);
      return answer.json as { id: string; secret: string; version: number; name: string };
    },
    rows,
    one,
    of: (channelId: string) => rows('d.channel_id = $1', channelId),
    state: async (channelId: string) =>
      (await app.db.query('SELECT * FROM notification_channels WHERE id = $1', [channelId])).rows[0],
    /** A delivery that waits for its first try, in nobody's hands but the test's. */
    async waiting(channelId: string): Promise<DeliveryRow> {
      const id = crypto.randomUUID();
      await app.db.query(
        `INSERT INTO notification_deliveries (id, channel_id, notification_id, type, occurred_at, payload) VALUES ($1, $2, $3, 'dead_letter.kept', now(), $4)`,
        [id, channelId, crypto.randomUUID(), JSON.stringify(LETTER)],
      );
      return one(id);
    },
    /** One invocation of the consumer. */
    look: (...deliveryIds: string[]) =>
      app.broker.deliver(
        deliveryIds.map((deliveryId) => queued({ v: 1, kind: 'notification.send', deliveryId })),
        { queue: 'notifications' },
      ),
    announce: (type: string, data: object, id: string = crypto.randomUUID()) => ({
      v: 1,
      kind: 'notification.announce',
      notification: { id, type, occurredAt: new Date().toISOString(), data },
    }),
    /** Something that happened to nobody. */
    async happened(type = 'dead_letter.kept', data: object = LETTER): Promise<string> {
      const id = crypto.randomUUID();
      const message = queued({
        v: 1,
        kind: 'notification.announce',
        notification: { id, type, occurredAt: new Date().toISOString(), data },
      });
      expect((await app.broker.deliver([message], { queue: 'notifications' })).acked).toEqual([message.id]);
      return id;
    },
    /** The clock of a delivery and its channel goes on until its next try is due. @returns seconds */
    async passes(deliveryId: string): Promise<number> {
      const { wait } = await one(deliveryId);
      const seconds = Math.max(0, wait);
      const by = `make_interval(secs => ${seconds})`;
      await app.db.query(
        `WITH d AS (UPDATE notification_deliveries SET created_at = created_at - ${by}, next_attempt_at = now() WHERE id = $1 RETURNING channel_id)
         UPDATE notification_channels c SET failing_since = failing_since - ${by}, enabled_at = enabled_at - ${by} FROM d WHERE c.id = d.channel_id`,
        [deliveryId],
      );
      return seconds;
    },
    async ended(deliveryId: string): Promise<DeliveryRow> {
      await until(async () => (await one(deliveryId)).status !== 'pending', `delivery ${deliveryId} ends`);
      return one(deliveryId);
    },
    /** One try after the other, whatever waits between them, until it has ended. @returns seconds that would have passed */
    async toTheEnd(deliveryId: string, before: (passed: number) => void = () => undefined): Promise<number> {
      let passed = 0;
      for (let tries = 0; (await one(deliveryId)).status === 'pending'; tries++) {
        if (tries > 500) throw new Error('it never ends');
        passed += await this.passes(deliveryId);
        before(passed);
        await this.look(deliveryId);
      }
      return passed;
    },
  };
}

export const LETTER = { letterId: 'm-1', queue: 'exports', reason: 'every delivery failed', attempts: 11 };

type Records = { A?: string[]; AAAA?: string[] } | 'away';

/** A resolver that knows what a test tells it, and nothing else. */
export async function startResolver(names: Record<string, Records> = {}) {
  const asked: string[] = [];
  const types = { A: 1, AAAA: 28 };
  const server = createServer((request, response) => {
    const { searchParams } = new URL(request.url ?? '', 'http://resolver');
    const [name, type] = [searchParams.get('name') ?? '', searchParams.get('type') as 'A' | 'AAAA'];
    asked.push(`${name} ${type}`);
    const known = names[name];
    if (known === 'away') return void response.writeHead(503).end();
    const answers = (known?.[type] ?? []).map((data) => ({ name, type: types[type], TTL: 1, data }));
    response.writeHead(200, { 'content-type': 'application/dns-json' });
    response.end(JSON.stringify({ Status: known ? 0 : 3, ...(answers.length > 0 ? { Answer: answers } : {}) }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/dns-query`,
    names,
    asked,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
