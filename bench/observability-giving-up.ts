import { randomUUID } from 'node:crypto';
import { type Figure, medianOf } from './figure.ts';
import { addChannel, DATA, EVENT } from './observability-channels.ts';
import { startReceiver } from './observability-receiver.ts';
import type { Bench } from './run.ts';
import type { Hosted, Site } from './site.ts';

const RUNS = 5;
const DAY_HOURS = 24;
/** With a mistake in it the loop would go on for ever. */
const MOST_TRIES = 500;

interface Ended {
  hours: number;
  attempts: number;
  /** Requests that the endpoint had. */
  sent: number;
  isOff: boolean;
}

/** Deliveries to an endpoint that answers 500, try after try, each with the row's clock moved on to when it is due. */
export async function measureGivingUp(site: Site, { report, runs = RUNS }: Bench): Promise<Figure[]> {
  const receiver = await startReceiver(500);
  const worker = await site.worker({ vars: { NOTIFY_PRIVATE_TARGETS: receiver.url } });
  try {
    const ended: Ended[] = [];
    for (let run = 1; run <= runs; run++) {
      const before = receiver.received.length;
      const channel = await addChannel(site, worker, `${receiver.url}/hook`);
      const row = await runToTheEnd(site, worker, channel);
      const one = { ...row, sent: receiver.received.length - before };
      if (one.sent !== one.attempts) throw new Error(`${one.attempts} tries and ${one.sent} requests`);
      ended.push(one);
      report.progress(`run ${run}: given up after ${one.hours.toFixed(2)} h and ${one.attempts} tries`);
    }
    return [givingUpFigure(ended)];
  } finally {
    await worker.stop();
    await receiver.stop();
  }
}

async function runToTheEnd({ db }: Site, { miniflare }: Hosted, channel: string): Promise<Omit<Ended, 'sent'>> {
  const id = randomUUID();
  await db.query(
    `INSERT INTO notification_deliveries (id, channel_id, notification_id, type, occurred_at, payload) VALUES ($1, $2, $3, $4, now(), $5)`,
    [id, channel, randomUUID(), EVENT, JSON.stringify(DATA)],
  );
  const consumer = await miniflare.getWorker('steward');
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const { rows } = await db.query(
      `SELECT d.status, d.attempts, extract(epoch FROM d.ended_at - d.created_at)::float8 / 3600 AS hours, NOT c.enabled AS "isOff"
       FROM notification_deliveries d JOIN notification_channels c ON c.id = d.channel_id WHERE d.id = $1`,
      [id],
    );
    const { status, ...row } = rows[0];
    if (status === 'gave_up') return row;
    if (status !== 'pending') throw new Error(`the delivery is ${status}`);
    await passes({ db }, id);
    const body = { v: 1, kind: 'notification.send', deliveryId: id };
    await consumer.queue('notifications', [{ id: randomUUID(), timestamp: new Date(), attempts: 1, body }]);
  }
  throw new Error(`not given up after ${MOST_TRIES} tries`);
}

/** The clock of a delivery and its channel goes on until its next try is due. */
async function passes({ db }: Pick<Site, 'db'>, id: string): Promise<void> {
  await db.query(
    `WITH late AS (SELECT id, greatest(next_attempt_at - now(), interval '0') AS by FROM notification_deliveries WHERE id = $1 FOR UPDATE),
     d AS (UPDATE notification_deliveries d SET created_at = d.created_at - late.by, next_attempt_at = d.next_attempt_at - late.by
       FROM late WHERE d.id = late.id RETURNING d.channel_id, late.by)
     UPDATE notification_channels c SET failing_since = failing_since - d.by, enabled_at = enabled_at - d.by FROM d WHERE c.id = d.channel_id`,
    [id],
  );
}

function givingUpFigure(ended: Ended[]): Figure {
  const tries = ended.map(({ attempts }) => attempts);
  const hours = ended.map((one) => one.hours);
  const off = ended.filter(({ isOff }) => isOff).length;
  return {
    figure: 'notifications.give_up_h',
    value: medianOf(ended, (one) => one.hours),
    unit: 'h',
    limit: DAY_HOURS,
    limitIs: 'a day',
    runs: ended.length,
    note: `age of a message of an endpoint that answers 500, when it is given up: ${Math.min(...hours).toFixed(3)} to ${Math.max(...hours).toFixed(3)} h, after ${Math.min(...tries)} to ${Math.max(...tries)} tries, of which each was one request; ${off} of ${ended.length} channels were switched off with it; the rows’ clock is moved on to each next try`,
  };
}
