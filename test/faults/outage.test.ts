import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, type Person, startApp, until } from '../app.ts';
import type { Fault } from '../faulty-proxy.ts';
import { keyValue, LOGS } from '../otlp.ts';
import { campaign } from './campaign.ts';

let app: App;
let sender: Person;
let operator: Person;
beforeAll(async () => {
  // Nobody stores events for three times as long once the outcome of an insert is not known.
  app = await startApp({ EVENTS_INSERT_MS: '1000' }, { eventSeconds: 1 });
  [sender, operator] = [await app.person('telemetry'), await app.person('operator')];
});
afterAll(() => app.stop());

// A run is ten seconds of load by the clock: sixty of them are ten minutes.
const { seed, runs, random, pick } = campaign(1);

const SECONDS = 10 * runs;
const EVENTS_A_SECOND = 200;
const CHANGES_A_SECOND = 2;
/** A message that failed for ten minutes waits for up to five more. */
const RECOVERY_MS = Math.min(60_000 + SECONDS * 1000, 420_000);

const isInsert = ({ path }: { path: string }) => /insert.into/i.test(decodeURIComponent(path));
const isOfEvents = ({ path }: { path: string }) => /admin_(ui_events|api_logs)/.test(decodeURIComponent(path));
type Call = Parameters<Parameters<App['clickhouse']['decide']>[0]>[0];
type Weather = (call: Call) => Fault;
const WEATHERS: Record<string, Weather> = {
  away: () => 'refuse',
  'answers 500': () => 'error',
  'loses replies': (call) => (isInsert(call) ? 'lose-reply' : 'none'),
  'times out': (call) => {
    if (!isInsert(call)) return 'none';
    // Every other insert gives up after half a minute, which only campaigns have the time for.
    return runs > 1 || isOfEvents(call) ? pick<Fault>(['hang', 'hold-reply']) : 'refuse';
  },
};

const pause = (ms: number) => new Promise((done) => setTimeout(done, Math.max(0, ms)));

async function sendEvents(from: number): Promise<void> {
  const logRecords = Array.from({ length: EVENTS_A_SECOND }, (_, n) => ({
    eventName: 'app.widget.click',
    attributes: [keyValue('n', String(from + n))],
  }));
  const answer = await app.call('POST', LOGS, {
    as: sender,
    body: { resourceLogs: [{ scopeLogs: [{ logRecords }] }] },
  });
  expect([answer.status, answer.text]).toEqual([200, '{}']);
}

const numbers = async (sql: string) => (await app.analytics<{ n: number }>(sql)).map(({ n }) => Number(n));

/** What readers see, and what lies there. */
async function stored(service: string) {
  const events = `FROM audit_db.admin_ui_events WHERE session_id = '${sender.sessionId}'`;
  const [raw = 0] = await numbers(`SELECT count() AS n ${events}`);
  const seen = await numbers(`SELECT toUInt32(JSONExtractString(properties, 'n')) AS n ${events} LIMIT 1 BY id`);
  const [calls = 0] = await numbers(
    `SELECT uniqExact(id) AS n FROM audit_db.admin_api_logs WHERE session_id = '${operator.sessionId}' AND method = 'PATCH'`,
  );
  return { raw, seen, calls, records: await app.auditOf(service) };
}

describe('ClickHouse away while the load goes on', () => {
  it(
    `loses nothing and doubles nothing: ${SECONDS} s by the clock`,
    async () => {
      const service = await app.service();
      const before = app.clickhouse.faults();
      const met = new Set<string>();
      const weathers = Object.keys(WEATHERS);
      const start = Date.now();
      let [events, changes] = [0, 0];
      for (let n = 0; n < SECONDS; n++) {
        await pause(start + n * 1000 - Date.now());
        // Each of them for two seconds, then any for two to six.
        if (n < 2 * weathers.length ? n % 2 === 0 : random() < 0.25) {
          const weather = weathers[n / 2] ?? pick(weathers);
          met.add(weather);
          app.clickhouse.decide(WEATHERS[weather] as Weather);
        }
        await sendEvents(events);
        events += EVENTS_A_SECOND;
        for (let change = 0; change < CHANGES_A_SECOND; change++)
          expect((await app.patch(operator, service, { rateLimitRequests: ++changes })).status).toBe(200);
        if (n % 10 === 9) await app.worker().scheduled('* * * * *');
      }
      const [outage, faults] = [Date.now() - start, app.clickhouse.faults() - before];
      app.clickhouse.decide(() => 'none');
      const back = Date.now();
      let found = await stored(service);
      await until(
        async () => {
          // Local runtimes fire no crons.
          await app.worker().scheduled('* * * * *');
          await pause(1000);
          found = await stored(service);
          return found.seen.length >= events && found.calls >= changes && found.records.length >= changes;
        },
        'what was accepted is stored',
        RECOVERY_MS,
        // How much is missing then is said below.
      ).catch(() => undefined);
      const { raw, seen, calls, records } = found;
      const missing =
        events - new Set(seen).size + changes - calls + changes - new Set(records.map(({ id }) => id)).size;
      const doubled = seen.length - events + calls - changes + records.length - changes;
      const { rows: letters } = await app.db.query(
        `SELECT count(*)::int AS n FROM dead_letters WHERE queue = 'audit-events'`,
      );
      console.log(
        `outage: seed ${seed}, ${Math.round(outage / 1000)} s of load without one confirmed insert (${[...met].join(', ')}), faults ${faults}, events ${events}, API calls ${changes}, audit records ${changes}, missing ${missing}, doubled ${doubled}, doubled in the table ${raw - seen.length}, all there ${Math.round((Date.now() - back) / 1000)} s after it`,
      );
      expect([missing, doubled, raw - seen.length, letters[0].n]).toEqual([0, 0, 0, 0]);
      expect(faults).toBeGreaterThan(runs);
    },
    SECONDS * 2000 + RECOVERY_MS + 60_000,
  );
});
