import { randomUUID } from 'node:crypto';
import { type Figure, medianOf } from './figure.ts';
import { addChannel, DATA, EVENT } from './observability-channels.ts';
import { type Received, type Receiver, startReceiver } from './observability-receiver.ts';
import type { Bench } from './run.ts';
import { type Hosted, type Site, until } from './site.ts';

const RUNS = 3;
const EVENTS = 300;
const WARM_UP = 60;
/** What one batch of a queue takes. */
const MOST_MESSAGES = 100;
/** As many as the consumer of wrangler.toml has at once. */
const AT_ONCE = 3;

interface Measured {
  perSecond: number;
  barePerSecond: number;
}

/** Events in the queue until all have arrived at a webhook: announced, written down, queued, taken, signed, sent. */
export async function measureNotifications(site: Site, { report, runs = RUNS }: Bench): Promise<Figure[]> {
  const receiver = await startReceiver(200);
  const worker = await site.worker({ vars: { NOTIFY_PRIVATE_TARGETS: receiver.url } });
  try {
    const channel = await addChannel(site, worker, `${receiver.url}/hook`);
    const send = (count: number) => sendAll({ site, worker, receiver, channel }, count);
    await send(WARM_UP);
    const measured: Measured[] = [];
    for (let run = 1; run <= runs; run++) {
      const { seconds, arrived } = await send(EVENTS);
      const one = { perSecond: EVENTS / seconds, barePerSecond: EVENTS / (await postBare(receiver, arrived)) };
      measured.push(one);
      report.progress(`run ${run}: ${one.perSecond.toFixed(1)}/s, bare POSTs ${one.barePerSecond.toFixed(0)}/s`);
    }
    return [notificationsFigure(measured)];
  } finally {
    await worker.stop();
    await receiver.stop();
  }
}

interface Desk {
  site: Site;
  worker: Hosted;
  receiver: Receiver;
  channel: string;
}

/** @throws Error when one arrived twice, or its row says otherwise */
async function sendAll({ site, worker, receiver, channel }: Desk, count: number) {
  receiver.received.length = 0;
  const producer = await worker.miniflare.getQueueProducer('NOTIFICATIONS_QUEUE', 'steward');
  const ids = new Set(Array.from({ length: count }, () => randomUUID() as string));
  const messages = [...ids].map((id) => {
    const notification = { id, type: EVENT, occurredAt: new Date().toISOString(), data: DATA };
    return { body: { v: 1, kind: 'notification.announce', notification }, contentType: 'json' as const };
  });
  const began = performance.now();
  for (let i = 0; i < count; i += MOST_MESSAGES) await producer.sendBatch(messages.slice(i, i + MOST_MESSAGES));
  const last = await receiver.arrival(count);
  const rows = async () =>
    (
      await site.db.query(
        `SELECT FROM notification_deliveries WHERE channel_id = $1 AND notification_id = ANY ($2::uuid[]) AND status = 'delivered' AND attempts = 1`,
        [channel, [...ids]],
      )
    ).rowCount;
  await until(async () => (await rows()) === count, 'all are delivered at the first try');
  const arrived = receiver.received.filter(({ id }) => ids.delete(id));
  if (arrived.length !== count || receiver.received.length !== count)
    throw new Error(`${receiver.received.length} arrived, ${arrived.length} of ${count} different ones`);
  return { seconds: (last - began) / 1000, arrived };
}

/** The same requests by Node, as many at once as the consumer has. @returns seconds */
async function postBare({ url }: Receiver, requests: readonly Received[]): Promise<number> {
  const left = [...requests];
  const began = performance.now();
  const post = async () => {
    for (let next = left.shift(); next; next = left.shift()) {
      const { 'content-length': _, host: __, connection: ___, ...headers } = next.headers;
      const response = await fetch(`${url}/hook`, { method: 'POST', headers, body: next.body });
      await response.arrayBuffer();
      if (response.status !== 200) throw new Error(`a bare POST is answered with ${response.status}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, post));
  return (performance.now() - began) / 1000;
}

const notificationsFigure = (measured: Measured[]): Figure => ({
  figure: 'notifications.per_s',
  value: medianOf(measured, ({ perSecond }) => perSecond),
  unit: '1/s',
  limit: medianOf(measured, ({ barePerSecond }) => barePerSecond),
  limitIs: `POSTs of the same bodies and headers by Node, ${AT_ONCE} at once, to the same receiver`,
  runs: measured.length,
  note: `${EVENTS} events for one channel, put into the queue at once, until the last one arrived; each announced, its row written, queued again, taken up, signed, sent and noted: 3 statements; Miniflare gives the consumer one batch of ${AT_ONCE} at a time, Cloudflare many side by side`,
});
