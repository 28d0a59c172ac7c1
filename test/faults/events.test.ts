import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TappedMessage } from '../../dev/worker/tap.ts';
import { type App, startApp, until } from '../app.ts';
import { queued } from '../broker.ts';
import { pack } from '../events.ts';
import type { Fault } from '../faulty-proxy.ts';
import { campaign } from './campaign.ts';

let app: App;
beforeAll(async () => {
  // What an insert may take, and with it the lease, is so short that a busy machine's own slowness is among the faults.
  app = await startApp({ EVENTS_INSERT_MS: '700' }, { broker: true });
});
afterAll(() => app.stop());

const { seed, runs, random, pick } = campaign(2);

// A run offers so many messages of 50 events and delivers a few times.
const MESSAGES = 20;
const STEPS = 4;
const isInsert = ({ path }: { path: string }) => /insert.into/i.test(decodeURIComponent(path));

/** What ClickHouse does for a while: a fault for each request. */
const WEATHERS: Record<string, (call: { path: string }) => Fault> = {
  clear: () => 'none',
  away: () => 'refuse',
  errors: () => 'error',
  'times out': (call) => (isInsert(call) ? pick<Fault>(['hang', 'hold-reply']) : 'none'),
  'loses replies': () => pick<Fault>(['lose-reply', 'none']),
  'cuts replies': () => pick<Fault>([{ endAfter: 0 }, { breakAfter: 3 }, 'none']),
  everything: () => (random() < 0.5 ? pick<Fault>(['refuse', 'error', 'lose-reply', { endAfter: 0 }]) : 'none'),
};

const shuffled = <T>(list: readonly T[]): T[] =>
  list
    .map((each) => ({ each, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ each }) => each);

/** A queue at its worst: in any order, in ever other batches, several at once, and again what was acknowledged. */
function queue() {
  const waiting = new Map<string, TappedMessage & { attempts: number }>();
  const done: TappedMessage[] = [];
  const seen = { deliveries: 0, redelivered: 0, lost: 0 };
  async function deliver(most = 99): Promise<void> {
    const size = 1 + Math.floor(random() * Math.min(most, waiting.size));
    const batch = shuffled([...waiting.values()]).slice(0, size);
    const again = shuffled(done).slice(0, Math.floor(random() * 5));
    const attempts = Math.max(1, ...batch.map((message) => ++message.attempts));
    seen.deliveries++;
    seen.redelivered += again.length;
    const messages = shuffled([...batch, ...again, ...batch.slice(0, 2)]);
    const { acked, lost } = await app.broker.deliver(messages, { attempts });
    if (lost) seen.lost++;
    for (const id of acked) {
      const message = waiting.get(id);
      if (message && waiting.delete(id)) done.push(message);
    }
  }
  return {
    offer: (body: unknown) => {
      const message = queued(body);
      waiting.set(message.id, { ...message, attempts: 0 });
    },
    waiting,
    seen,
    deliver,
    /** Two or three consumers at a time, although the queue is told to run one. */
    deliverAtOnce: () => Promise.all(Array.from({ length: pick([1, 2, 3]) }, () => deliver())),
  };
}

/** An insert whose outcome is not known keeps the lease, and everybody waiting. */
async function leaseIsFree(): Promise<void> {
  const locks = await app.worker().miniflare.getDurableObjectNamespace('OPERATION_LOCK', 'steward');
  const lock = locks.get(locks.idFromName('ingest:audit-events')) as unknown as {
    holder(): Promise<unknown>;
  };
  await until(async () => (await lock.holder()) === null, 'nobody stores events');
}

/** Kills the runtime when an insert is done and its reply has not come. @returns 0 when there was nothing to insert */
async function killedBeforeAck(deliver: () => Promise<unknown>): Promise<number> {
  await leaseIsFree();
  const before = app.clickhouse.held();
  let over = false;
  app.clickhouse.decide((call) => (isInsert(call) ? 'hold-reply' : 'none'));
  const delivering = deliver().finally(() => {
    over = true;
  });
  await until(async () => over || app.clickhouse.held() > before, 'an insert is done');
  const kill = app.clickhouse.held() > before;
  if (kill) await app.crash();
  await delivering;
  return kill ? 1 : 0;
}

/** Ids in both tables; raw = as they lie, visible = as every reader asks for them. */
async function stored(mark: string): Promise<{ raw: string[]; visible: number }> {
  const found = { raw: [] as string[], visible: 0 };
  for (const table of ['admin_ui_events', 'admin_api_logs']) {
    const rows = `FROM audit_db.${table} WHERE session_id = '${mark}'`;
    found.raw.push(...(await app.analytics<{ id: string }>(`SELECT id ${rows}`)).map(({ id }) => id));
    const [row] = await app.analytics<{ n: number }>(
      `SELECT toUInt32(count()) AS n FROM (SELECT id ${rows} ORDER BY timestamp DESC, id DESC LIMIT 1 BY id)`,
    );
    found.visible += row?.n ?? 0;
  }
  return found;
}

describe('events while everything around them fails', () => {
  it(
    `are all stored, each once: ${runs} seeded runs`,
    async () => {
      const mark = randomUUID();
      const line = queue();
      const offered = new Set<string>();
      let [poison, kills] = [0, 0];
      const before = app.clickhouse.faults();
      for (let run = 0; run < runs; run++) {
        for (let n = 0; n < MESSAGES; n++) {
          const events = pack(mark, { ui: 30, api: 20 });
          for (const { id } of [...events.uiEvents, ...events.apiLogs]) offered.add(id);
          line.offer(events);
        }
        line.offer({ v: 9, poison: poison++ });
        for (let step = 0; step < STEPS; step++) {
          // Three runs of every ten it is away all the time, and the queue grows.
          const weather = run % 10 >= 7 ? 'away' : pick(Object.keys(WEATHERS));
          app.clickhouse.decide(WEATHERS[weather] ?? (() => 'none'));
          if (random() < 0.5) await leaseIsFree();
          await line.deliverAtOnce();
        }
        if (run % 3 === 1) kills += await killedBeforeAck(() => line.deliver());
      }
      app.clickhouse.decide(() => 'none');
      await until(
        async () => {
          if (line.waiting.size > 0) await line.deliver(30);
          return line.waiting.size === 0;
        },
        'every message is acknowledged',
        Math.max(60_000, runs * 5000),
      );
      const { raw, visible } = await stored(mark);
      const ids = new Set(raw);
      const missing = [...offered].filter((id) => !ids.has(id)).length;
      const doubled = visible - ids.size;
      const faults = app.clickhouse.faults() - before;
      const { rows: letters } = await app.db.query('SELECT count(*)::int AS n FROM dead_letters');
      const { deliveries, redelivered, lost } = line.seen;
      console.log(
        `events: seed ${seed}, offered ${offered.size}, faults ${faults}, kills between insert and acknowledgement ${kills}, deliveries ${deliveries} (lost ${lost}), acknowledged messages delivered again ${redelivered}, stored ${ids.size}, missing ${missing}, doubled ${doubled}, doubled in the table ${raw.length - ids.size}, dead letters ${letters[0].n} of ${poison}`,
      );
      expect([missing, doubled, raw.length - ids.size]).toEqual([0, 0, 0]);
      expect(ids.size).toBe(offered.size);
      expect(letters[0].n).toBe(poison);
      expect(faults).toBeGreaterThan(runs);
      expect(kills).toBeGreaterThan(0);
    },
    Math.max(150_000, runs * 20_000),
  );
});
