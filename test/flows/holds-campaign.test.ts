import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, type Person, startApp, until } from '../app.ts';
import { campaign } from '../faults/campaign.ts';
import { accept, applyHolds, flagsOf, merge, openHold, releaseHold, type TestRecord, testRecord } from '../holds.ts';

let app: App;
let auditor: Person;
beforeAll(async () => {
  app = await startApp();
  auditor = await app.person('auditor');
});
afterAll(() => app.stop());

const DAY_MS = 86_400_000;

interface Hold {
  id: string;
  criteria: Record<string, string>;
  open: boolean;
}

/** What a hold says of a record, read off the words of the specification. */
function matches({ criteria }: Hold, record: TestRecord): boolean {
  const { from, to, ...names } = criteria;
  const time = record.at.toISOString();
  return (
    (from === undefined || time >= from) &&
    (to === undefined || time <= to) &&
    Object.entries(names).every(([name, value]) => record[name as keyof TestRecord] === value)
  );
}

const { seed, runs, random, pick } = campaign(1);
const isSlice = process.env.FAULT_RUNS === undefined;
/** Of a run. */
const STEPS = isSlice ? 24 : 40;

/** A small world, so that holds overlap: a few of everything, records of ten days, half of them past their seven years. */
async function world() {
  const some = (count: number) => Array.from({ length: count }, () => randomUUID());
  const services = [...(await Promise.all([app.service(), app.service()])), null];
  const [resources, resourceIds, actors] = [some(3).map((id) => `r-${id}`), some(6), some(4)];
  const days = [Date.now() - 20 * DAY_MS, Date.now() - 8 * 365 * DAY_MS];
  const time = () => new Date(pick(days) + Math.floor(random() * 10) * DAY_MS);
  const record = () =>
    testRecord({
      at: time(),
      resource: pick(resources),
      resourceId: pick(resourceIds),
      actorId: pick(actors),
      serviceId: pick(services),
    });
  const criteria = () => {
    const given: Record<string, string> = {};
    // One of its own names at least: other tests use the same table.
    const first = pick(['resource', 'resourceId', 'actorId', 'serviceId']);
    const wanted = (name: string) => name === first || random() < 0.2;
    if (wanted('resource')) given.resource = pick(resources);
    if (wanted('resourceId')) given.resourceId = pick(resourceIds);
    if (wanted('actorId')) given.actorId = pick(actors);
    if (wanted('serviceId')) given.serviceId = services[random() < 0.5 ? 0 : 1] as string;
    if (random() < 0.3) {
      const [from, to] = [time(), time()].toSorted((a, b) => a.getTime() - b.getTime()) as [Date, Date];
      if (random() < 0.7) given.from = from.toISOString();
      if (random() < 0.7) given.to = to.toISOString();
    }
    return given;
  };
  return { record, criteria };
}

interface Tally {
  /** Kind of step → how many. */
  steps: Map<string, number>;
  holds: number;
  records: number;
  wrong: string[];
}

/** Holds come and go while records arrive, nothing waiting for anything; then it settles and every record is looked at. */
async function play(tally: Tally): Promise<void> {
  const { record, criteria } = await world();
  const records: { record: TestRecord; alwaysHeld: boolean }[] = [];
  const holds: Hold[] = [];
  const nudges: Promise<unknown>[] = [];
  const isHeld = (one: TestRecord) => holds.some((each) => each.open && matches(each, one));
  const count = (kind: string) => tally.steps.set(kind, (tally.steps.get(kind) ?? 0) + 1);
  for (let step = 0; step < STEPS; step++) {
    const what = random();
    if (what < 0.4) {
      count('accept');
      const batch = Array.from({ length: 1 + Math.floor(random() * 8) }, record);
      await accept(app, batch);
      records.push(...batch.map((one) => ({ record: one, alwaysHeld: isHeld(one) })));
    } else if (what < 0.6) {
      count('open');
      const given = criteria();
      const { id } = await openHold(app, auditor, given);
      holds.push({ id, criteria: given, open: true });
    } else if (what < 0.75) {
      const open = holds.filter((each) => each.open);
      if (open.length === 0) continue;
      count('release');
      const chosen = pick(open);
      expect((await releaseHold(app, auditor, chosen.id)).status).toBe(202);
      chosen.open = false;
      for (const each of records) each.alwaysHeld &&= isHeld(each.record);
    } else if (what < 0.9) {
      count('nudge');
      nudges.push(applyHolds(app));
    } else {
      count('sweep');
      nudges.push(app.worker().scheduled('* * * * *'));
    }
  }
  await Promise.all(nudges);
  await app.drained();
  await settled(holds);
  await merge(app);
  await check(tally, records, isHeld);
  tally.holds += holds.length;
  tally.records += records.length;
  const open = holds.filter((each) => each.open);
  for (const each of open) {
    await releaseHold(app, auditor, each.id);
    each.open = false;
  }
  await settled(holds);
  for (const each of records) each.alwaysHeld = false;
  await merge(app);
  await check(tally, records, isHeld);
}

/** Every hold has come to where it was sent. */
async function settled(holds: readonly Hold[]): Promise<void> {
  await until(async () => {
    await applyHolds(app);
    const { rows } = await app.db.query('SELECT status FROM audit_holds WHERE id = ANY ($1) ORDER BY id', [
      holds.map(({ id }) => id),
    ]);
    return rows.every(({ status }, n) => status === (holds[n]?.open ? 'active' : 'released'));
  }, 'the holds are settled');
}

const isPast = ({ at }: TestRecord) => at.getTime() < Date.now() - 7.5 * 365 * DAY_MS;

async function check(
  tally: Tally,
  records: { record: TestRecord; alwaysHeld: boolean }[],
  isHeld: (record: TestRecord) => boolean,
): Promise<void> {
  const flags = await flagsOf(
    app,
    records.map(({ record }) => record),
  );
  for (const { record, alwaysHeld } of records) {
    const [flag, held] = [flags.get(record.id), isHeld(record)];
    // One past its time is gone unless a hold has matched it ever since it came.
    const lost = flag === undefined && (!isPast(record) || alwaysHeld);
    const kept = flag !== undefined && flag !== Number(held);
    const undue = flag !== undefined && isPast(record) && !held;
    if (lost || kept || undue) tally.wrong.push(`${record.id}: flag ${flag}, held ${held}, always ${alwaysHeld}`);
  }
}

describe('holds.campaign', () => {
  it('leaves every record as the open holds say, in whatever order things happen', async () => {
    const tally: Tally = { steps: new Map(), holds: 0, records: 0, wrong: [] };
    for (let run = 0; run < runs; run++) await play(tally);
    const steps = [...tally.steps].map(([kind, n]) => `${kind} ${n}`).join(', ');
    console.log(
      `holds: tried ${tally.holds} over ${tally.records} rows by ${steps} in ${runs} runs (seed ${seed}), wrong rows ${tally.wrong.length}`,
    );
    expect(tally.wrong).toEqual([]);
    if (isSlice) expect([...tally.steps.keys()].sort()).toEqual(['accept', 'nudge', 'open', 'release', 'sweep']);
  });
});
