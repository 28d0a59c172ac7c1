import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  arrive,
  enter,
  FORGOTTEN_MS,
  goOn,
  LONG_SLICE_MS,
  leave,
  noTurns,
  PATIENCE_MS,
  SLICE_MS,
  STUCK_MS,
  type TurnLimits,
  type Turns,
  WAY_MS,
  withdraw,
} from './turns.ts';

fc.configureGlobal({ seed: 20_261_122, numRuns: 500 });

const START = 1_000_000_000_000;
const LEASE = 2000;
const LIMITS = { all: 3, perAdmin: 2 };
const adminOf = (exportId: string) => `admin-${exportId[0]}`;

type Step =
  | { kind: 'wait'; ms: number }
  | { kind: 'arrive' | 'enter' | 'goOn' | 'leave' | 'withdraw' | 'die'; id: string };

const ids = fc.constantFrom(...['a', 'b', 'c'].flatMap((admin) => [1, 2, 3, 4].map((n) => `${admin}${n}`)));
const steps = fc.array(
  fc.oneof<fc.Arbitrary<Step>[]>(
    fc.record({ kind: fc.constant('wait'), ms: fc.constantFrom(1, 100, SLICE_MS, STUCK_MS, LEASE, PATIENCE_MS) }),
    ...(['arrive', 'enter', 'enter', 'enter', 'goOn', 'goOn', 'leave', 'withdraw', 'die'] as const).map((kind) =>
      fc.record({ kind: fc.constant(kind), id: ids }),
    ),
  ),
  { minLength: 30, maxLength: 120 },
);

/** What the exports themselves know: who was told that it may work, until when, and who waits since when. */
class World {
  now = START;
  turns: Turns = noTurns();
  working = new Map<string, { until: number; since: number }>();
  waiting = new Map<string, { since: number; heardAt: number }>();
  counts = { granted: 0, full: 0, outranked: 0, yielded: 0, stopped: 0, regained: 0 };
  #order = 0;

  run(step: Step): void {
    if (step.kind === 'wait') this.now += step.ms;
    for (const [id, { until }] of this.working) if (this.now >= until) this.working.delete(id);
    for (const [id, { heardAt }] of this.waiting) if (this.now - heardAt >= FORGOTTEN_MS) this.waiting.delete(id);
    if (step.kind !== 'wait') this[step.kind](step.id);
    expect(this.working.size).toBeLessThanOrEqual(LIMITS.all);
    for (const id of this.working.keys()) expect(this.of(adminOf(id))).toBeLessThanOrEqual(LIMITS.perAdmin);
    // Stored and read again at any time, it is the same list.
    this.turns = structuredClone(this.turns);
  }

  of = (admin: string) => [...this.working.keys()].filter((id) => adminOf(id) === admin).length;
  hasRoom = (id: string) => this.working.size < LIMITS.all && this.of(adminOf(id)) < LIMITS.perAdmin;

  heard(id: string): void {
    this.waiting.set(id, { since: this.waiting.get(id)?.since ?? ++this.#order, heardAt: this.now });
  }

  arrive(id: string): void {
    arrive(this.turns, id, adminOf(id), this.now);
    if (!this.working.has(id)) this.heard(id);
  }

  enter(id: string): void {
    const wasWorking = this.working.has(id);
    const granted = enter(this.turns, id, adminOf(id), LIMITS, LEASE, this.now);
    if (wasWorking) expect(granted).toBe(true);
    else {
      this.heard(id);
      // Nobody else who is here waits that could have the place: nothing may stand in its way.
      const others = [...this.waiting].filter(
        ([other, { heardAt }]) => other !== id && this.now - heardAt < PATIENCE_MS && this.hasRoom(other),
      );
      if (!this.hasRoom(id)) {
        this.counts.full++;
        expect(granted).toBe(false);
      } else if (others.length === 0) expect(granted).toBe(true);
      else if (!granted) this.counts.outranked++;
    }
    if (!granted) return;
    this.counts.granted++;
    this.waiting.delete(id);
    this.working.set(id, { until: this.now + LEASE, since: this.working.get(id)?.since ?? this.now });
  }

  goOn(id: string): void {
    const before = this.working.get(id);
    const room = this.hasRoom(id);
    const answer = goOn(this.turns, id, adminOf(id), LIMITS, LEASE, this.now);
    expect(answer.held).toBe(before !== undefined || room);
    if (!answer.held) {
      this.counts.stopped++;
      return;
    }
    if (!before) this.counts.regained++;
    const since = before?.since ?? this.now;
    this.waiting.delete(id);
    this.working.set(id, { until: this.now + LEASE, since });
    if (!answer.yield) return;
    this.counts.yielded++;
    expect(this.now - since).toBeGreaterThanOrEqual(SLICE_MS);
    this.working.delete(id);
    expect([...this.waiting.keys()].some(this.hasRoom)).toBe(true);
    this.working.set(id, { until: this.now + LEASE, since });
  }

  leave(id: string): void {
    const comesBack = this.now % 2 === 0;
    leave(this.turns, id, comesBack, this.now);
    this.waiting.delete(id);
    if (this.working.delete(id) && comesBack) this.heard(id);
  }

  withdraw(id: string): void {
    withdraw(this.turns, id, this.now);
    this.waiting.delete(id);
  }

  /** A run that is gone says nothing any more; its place is free when its lease is over. */
  die(): void {}
}

describe('turns', () => {
  it('never give out more places than there are, in all or to one admin, and never leave one empty for nobody', () => {
    const totals = { granted: 0, full: 0, outranked: 0, yielded: 0, stopped: 0, regained: 0 };
    fc.assert(
      fc.property(steps, (sequence) => {
        const world = new World();
        for (const step of sequence) world.run(step);
        for (const key of Object.keys(totals) as (keyof typeof totals)[]) totals[key] += world.counts[key];
      }),
    );
    console.log(`turns: ${JSON.stringify(totals)}`);
    for (const count of Object.values(totals)) expect(count).toBeGreaterThan(100);
  });

  it('are for the one served longest ago: of the admins first, then of an admin’s exports', () => {
    const turns = noTurns();
    const one = { all: 1, perAdmin: 1 };
    for (const id of ['a1', 'a2', 'a3', 'b1', 'b2', 'c1']) arrive(turns, id, adminOf(id), 0);
    const served: string[] = [];
    let now = 1;
    // Each works for a moment and waits again; all ask at every place that gets free, in the worst order.
    for (; served.length < 12; now += 10) {
      const next = ['a3', 'a2', 'b2', 'a1', 'b1', 'c1'].filter((id) => enter(turns, id, adminOf(id), one, LEASE, now));
      expect(next.length).toBe(1);
      leave(turns, next[0] ?? '', true, now);
      served.push(next[0] ?? '');
    }
    expect(served.join(' ')).toBe('a1 b1 c1 a2 b2 c1 a3 b1 c1 a1 b2 c1');
  });

  it('are handed over after a slice to an export that had none, and only after a long one to one that had', () => {
    const yields = (again: boolean, worked: number) => {
      const turns = noTurns();
      if (again) {
        enter(turns, 'b1', 'b', LIMITS, LEASE, START);
        leave(turns, 'b1', false, START);
      }
      enter(turns, 'a1', 'a', LIMITS, 60_000, START);
      arrive(turns, 'b1', 'b', START);
      return goOn(turns, 'a1', 'a', LIMITS, LEASE, START + worked).yield;
    };
    expect([SLICE_MS - 1, SLICE_MS].map((worked) => yields(false, worked))).toEqual([false, true]);
    expect([SLICE_MS, LONG_SLICE_MS - 1, LONG_SLICE_MS].map((worked) => yields(true, worked))).toEqual([
      ...[false, false, true],
    ]);
  });

  it('are handed over by one holder for one that waits, and by another one when that was in vain', () => {
    const turns = noTurns();
    const go = (id: string, now: number) => goOn(turns, id, adminOf(id), { all: 9, perAdmin: 9 }, 60_000, now).yield;
    for (const id of ['a1', 'a2', 'a3']) enter(turns, id, 'a', { all: 9, perAdmin: 9 }, 60_000, START);
    arrive(turns, 'b1', 'b', START);
    const at = START + SLICE_MS;
    expect([go('a1', at), go('a2', at), go('a3', at + WAY_MS - 1), go('a3', at + WAY_MS)]).toEqual([
      ...[true, false, false, true],
    ]);
  });

  it('are handed over only if somebody could have the place then: also one of the same admin, nobody when there are fewer', () => {
    const turns = noTurns();
    const one = { all: 2, perAdmin: 1 };
    enter(turns, 'a1', 'a', one, 60_000, START);
    enter(turns, 'b1', 'b', one, 60_000, START);
    arrive(turns, 'a2', 'a', START);
    const go = (id: string, limits: TurnLimits) => goOn(turns, id, adminOf(id), limits, 60_000, START + SLICE_MS).yield;
    expect([go('b1', one), go('a1', { all: 1, perAdmin: 1 }), go('a1', one)]).toEqual([false, false, true]);
  });

  it('are free again when a holder died, and a slow one gets its own back while nobody took it', () => {
    const one = { all: 1, perAdmin: 1 };
    const turns = noTurns();
    expect(enter(turns, 'a1', 'a', one, LEASE, 0)).toBe(true);
    expect(enter(turns, 'b1', 'b', one, LEASE, LEASE - 1)).toBe(false);
    expect(goOn(turns, 'a1', 'a', one, LEASE, LEASE).held).toBe(true);
    expect(enter(turns, 'b1', 'b', one, LEASE, 2 * LEASE)).toBe(true);
    expect(goOn(turns, 'a1', 'a', one, LEASE, 2 * LEASE)).toEqual({ held: false, yield: true });
  });

  it('are not kept for those who are not heard of', () => {
    const one = { all: 1, perAdmin: 1 };
    const turns = noTurns();
    arrive(turns, 'a1', 'a', 0);
    expect(enter(turns, 'b1', 'b', one, LEASE, PATIENCE_MS - 1)).toBe(false);
    expect(enter(turns, 'b1', 'b', one, LEASE, PATIENCE_MS)).toBe(true);
    expect(turns.waiting.size).toBe(1);
    arrive(turns, 'c1', 'c', FORGOTTEN_MS);
    expect([...turns.waiting.keys()]).toEqual(['c1']);
  });

  it('are not kept for one that was paused or cancelled in the line; at work it keeps its own', () => {
    const turns = noTurns();
    const limits = { all: 1, perAdmin: 1 };
    const enters = (id: string) => enter(turns, id, adminOf(id), limits, LEASE, 0);
    expect([enters('a1'), enters('b1'), enters('c1')]).toEqual([true, false, false]);
    withdraw(turns, 'a1', 0);
    expect(enters('c1')).toBe(false);
    withdraw(turns, 'b1', 0);
    leave(turns, 'a1', false, 0);
    expect(enters('c1')).toBe(true);
  });

  it('remember no more than a thousand who wait', () => {
    const turns = noTurns();
    for (let n = 0; n < 5000; n++) arrive(turns, `a${n}`, 'a', n);
    expect([turns.waiting.size, turns.waiting.has('a4999'), turns.waiting.has('a0')]).toEqual([1000, true, false]);
  });
});

/** Exports at work as a queue delivers them: `consumers` messages at once, what is not done yet behind all others. */
function simulate(limits: TurnLimits, consumers: number, big: number, admins: number) {
  const CHUNK_MS = 120;
  const RETRY_MS = 1000;
  const CALL_MS = 4;
  const turns = noTurns();
  let now = 0;
  const free = Array.from({ length: consumers }, () => 0);
  let queue: { id: string; at: number }[] = [];
  const left = new Map<string, number>();
  const started = new Map<string, number>();
  const done = new Map<string, number>();
  const request = (id: string, chunks: number) => {
    arrive(turns, id, adminOf(id), now);
    left.set(id, chunks);
    queue.push({ id, at: now });
  };
  for (let n = 0; n < big; n++) request(`${String.fromCharCode(98 + (n % admins))}${n}`, 5000);
  const running: { id: string; at: number; slot: number }[] = [];
  let askedAt = 0;
  const smalls: string[] = [];
  for (; now < 120_000; now++) {
    if (now >= 20_000 && now % 20_000 === 0) {
      // Every second one is of an admin who has big ones at work.
      const id = `${smalls.length % 2 === 0 ? 'z' : 'b'}-small-${smalls.length}`;
      smalls.push(id);
      askedAt = now;
      started.set(id, askedAt);
      request(id, 1);
    }
    for (const run of running.filter(({ at }) => at <= now)) {
      const chunks = (left.get(run.id) ?? 0) - 1;
      left.set(run.id, chunks);
      const admin = adminOf(run.id);
      const answer = chunks > 0 ? goOn(turns, run.id, admin, limits, LEASE, now) : { held: true, yield: true };
      if (!answer.yield) {
        run.at = now + CHUNK_MS;
        continue;
      }
      leave(turns, run.id, chunks > 0, now);
      if (chunks === 0) done.set(run.id, now);
      else queue.push({ id: run.id, at: now });
      running.splice(running.indexOf(run), 1);
      free[run.slot] = now;
    }
    for (let slot = free.findIndex((at) => at <= now); slot >= 0; slot = free.findIndex((at) => at <= now)) {
      const next = queue.find(({ at }) => at <= now);
      if (!next) break;
      queue = queue.filter((each) => each !== next);
      if (enter(turns, next.id, adminOf(next.id), limits, LEASE, now)) {
        running.push({ id: next.id, at: now + CHUNK_MS, slot });
        free[slot] = Number.POSITIVE_INFINITY;
      } else {
        queue.push({ id: next.id, at: now + RETRY_MS });
        free[slot] = now + CALL_MS;
      }
    }
  }
  const waits = smalls.filter((id) => done.has(id)).map((id) => (done.get(id) ?? 0) - (started.get(id) ?? 0));
  const bigChunks = [...left].filter(([id]) => !id.includes('small')).map(([, chunks]) => 5000 - chunks);
  return { smalls: smalls.length, waits, busy: bigChunks.reduce((sum, n) => sum + n, 0) * CHUNK_MS, bigChunks };
}

describe('turns in a queue', () => {
  it.each([
    ['one after the other', 1, 1, 1],
    ['one after the other', 1, 6, 3],
    ['ten at once', 10, 1, 1],
    ['ten at once', 10, 6, 3],
    ['ten at once', 10, 40, 4],
  ])(
    'delivered %s (%i), %i long exports of %i admins hold a short one up by less than two seconds',
    (_, consumers, big, admins) => {
      const { smalls, waits, bigChunks } = simulate({ all: 4, perAdmin: 2 }, consumers, big, admins);
      console.log(
        `turns, ${consumers} at once, ${big} long exports of ${admins}: ${smalls} short ones done after at most ${Math.max(...waits)} ms; ` +
          `chunks of each long one ${Math.min(...bigChunks)} to ${Math.max(...bigChunks)}`,
      );
      expect(waits.length).toBe(smalls);
      expect(Math.max(...waits)).toBeLessThan(2000);
      expect(Math.min(...bigChunks)).toBeGreaterThan(0);
    },
  );
});
