import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CHANGE_MS, GuardState } from './guard-state.ts';
import type { KnownSession } from './standing.ts';

const session = (name: string, ended = false): KnownSession => ({
  standing: { adminId: 'a', email: 'a@example.com', name, status: 'active', notBefore: null, grants: [] },
  ended,
});

/** One change of the admin's access goes begin → commit → end; reads of the database are taken and taught at any time. */
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom('read' as const), session: fc.constantFrom('s1', 's2') }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom('learn' as const), which: fc.nat(3) }) },
  fc.record({ kind: fc.constantFrom('begin' as const) }),
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constantFrom('commit' as const, 'end' as const), which: fc.nat(5) }),
  },
  fc.record({ kind: fc.constantFrom('wait' as const), ms: fc.integer({ min: 0, max: 61_000 }) }),
  fc.record({ kind: fc.constantFrom('evict' as const), kept: fc.boolean() }),
);

describe('guard state', () => {
  it('never knows anything but what was committed last, whatever happens in between', () => {
    let [asked, known] = [0, 0];
    fc.assert(
      fc.property(fc.array(step, { minLength: 20, maxLength: 60 }), (steps) => {
        let guard = new GuardState();
        let [now, committed, nextChange] = [0, 0, 0];
        const open = new Map<string, boolean>();
        const reads: { ticket: string; session: string; value: string }[] = [];
        for (const s of steps) {
          // A change never takes longer than it is waited for: that is what bounds CHANGE_MS.
          if (s.kind === 'wait') now += open.size > 0 ? Math.min(s.ms, 1000) : s.ms;
          if (s.kind === 'read')
            reads.push({ ...guard.ask(s.session, now), session: s.session, value: String(committed) });
          const read = s.kind === 'learn' ? reads.at(-1 - s.which) : undefined;
          if (read) guard.learn(read.ticket, read.session, session(read.value), now);
          if (s.kind === 'begin') {
            open.set(`c${nextChange}`, false);
            guard.begin(`c${nextChange++}`, now);
          }
          const change =
            s.kind === 'commit' || s.kind === 'end' ? [...open.keys()][s.which % Math.max(1, open.size)] : undefined;
          if (change && s.kind === 'commit' && !open.get(change)) {
            open.set(change, true);
            committed++;
          }
          if (change && s.kind === 'end') {
            open.delete(change);
            guard.end(change);
          }
          // The object keeps only the changes under way.
          if (s.kind === 'evict') guard = new GuardState(guard.changes, s.kept ? guard.learned : undefined);
          for (const id of ['s1', 's2']) {
            const { known: fresh, stale } = guard.ask(id, now);
            asked++;
            if (!fresh && !stale) continue;
            known++;
            // Also what is used while Postgres is away.
            expect((fresh ?? stale)?.standing.name).toBe(String(committed));
          }
        }
      }),
      { numRuns: 2000, seed: 20_261_122 },
    );
    console.log(`guard: asked ${asked} times through changes, knew ${known}, out of date 0`);
    expect(known).toBeGreaterThan(asked / 20);
  });

  it('asks again after a minute, one request a second, and gives up a change that nobody ended', () => {
    const guard = new GuardState();
    const teach = (now: number) => guard.learn(guard.ask('s', now).ticket, 's', session('x'), now);
    const asked = (now: number) => {
      const { known, stale } = guard.ask('s', now);
      return known ? 'known' : stale ? 'stale' : 'nothing';
    };
    expect(teach(0)).toBe(true);
    expect([0, 59_999, 60_000, 60_001, 60_999, 61_000, 61_001].map(asked)).toEqual([
      'known',
      'known',
      'stale',
      'known',
      'known',
      'stale',
      'known',
    ]);
    expect([4 * 3_600_000 - 1, 4 * 3_600_000].map(asked)).toEqual(['stale', 'nothing']);
    expect(teach(61_002)).toBe(true);
    expect(asked(121_000)).toBe('known');
    guard.begin('c', 121_000);
    expect(asked(121_000)).toBe('nothing');
    expect(teach(121_000 + CHANGE_MS - 1)).toBe(false);
    expect(teach(121_000 + CHANGE_MS)).toBe(true);
  });

  it('knows each session by itself', () => {
    const guard = new GuardState();
    guard.learn(guard.ask('a', 0).ticket, 'a', session('x'), 0);
    expect(guard.ask('b', 0).known).toBeNull();
    guard.learn(guard.ask('b', 0).ticket, 'b', session('x', true), 0);
    expect([guard.ask('a', 0).known?.ended, guard.ask('b', 0).known?.ended]).toEqual([false, true]);
  });
});
