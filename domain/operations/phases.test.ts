import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Happening,
  hasEnded,
  movesOf,
  PHASES,
  type Phase,
  after as phaseAfter,
  STATUS_OF,
  TRANSITIONS,
  verbsAt,
} from './phases.ts';

/** The table said once more: whatever is not here must not happen. */
const ALLOWED: Record<Happening, string> = {
  approve: 'awaiting_approval→awaiting_approval',
  agree: 'awaiting_approval→approved',
  reject: 'awaiting_approval→rejected approved→rejected',
  start: 'planned→queued approved→queued',
  break_glass: 'awaiting_approval→queued',
  pause: 'running→paused',
  resume: 'paused→running',
  cancel:
    'planned→cancelled awaiting_approval→cancelled approved→cancelled queued→cancelled running→cancelling paused→cancelling',
  undo: 'completed→undoing incomplete→undoing failed→undoing cancelled→undoing undone→undoing',
  retry_failed: 'incomplete→running failed→running',
  claim: 'queued→running running→running cancelling→cancelled undoing→undoing',
  complete: 'running→completed',
  complete_with_failures: 'running→incomplete',
  complete_undo: 'undoing→undone',
  fail: 'queued→failed running→failed cancelling→failed undoing→failed',
  expire: 'awaiting_approval→expired approved→expired',
};
const HAPPENINGS = Object.keys(ALLOWED) as Happening[];
const pairsOf = (happening: Happening) =>
  new Map(ALLOWED[happening].split(' ').map((pair) => pair.split('→') as [Phase, Phase]));

const ENDED: readonly Phase[] = ['completed', 'incomplete', 'failed', 'cancelled', 'rejected', 'expired', 'undone'];
const STARTS: readonly Phase[] = ['planned', 'awaiting_approval', 'queued'];
/** What the specification's status may be followed by, seen from outside. */
const FROM_PENDING = ['pending', 'running', 'failed'];

describe('the table of phases', () => {
  it('allows exactly these changes, of all there could be', () => {
    expect(Object.keys(TRANSITIONS).toSorted()).toEqual(HAPPENINGS.toSorted());
    let [tried, allowed] = [0, 0];
    for (const happening of HAPPENINGS)
      for (const phase of PHASES) {
        const wanted = pairsOf(happening).get(phase) ?? null;
        expect([happening, phase, phaseAfter(happening, phase)]).toEqual([happening, phase, wanted]);
        tried++;
        if (wanted) allowed++;
      }
    expect(tried).toBe(HAPPENINGS.length * 15);
    console.log(`phases: tried ${tried} pairs of happening and phase, ${allowed} allowed, failed 0`);
  });

  it('says what people may do from each phase', () => {
    const said = PHASES.map((phase) => `${phase}: ${verbsAt(phase).join(', ')}`);
    expect(said).toEqual([
      'planned: start, cancel',
      'awaiting_approval: approve, reject, start with breakGlass, cancel',
      'approved: reject, start, cancel',
      'queued: cancel',
      'running: pause, cancel',
      'paused: resume, cancel',
      'cancelling: ',
      'completed: undo',
      'incomplete: undo, retry-failed',
      'failed: undo, retry-failed',
      'cancelled: undo',
      'rejected: ',
      'expired: ',
      'undoing: ',
      'undone: undo',
    ]);
  });

  it('says the same to a statement, with the status of each phase', () => {
    for (const happening of HAPPENINGS) {
      const wanted = [...pairsOf(happening)].map(([from, to]) => [from, { phase: to, status: STATUS_OF[to] }]);
      expect(JSON.parse(movesOf(happening))).toEqual(Object.fromEntries(wanted));
    }
  });

  it('has a status of the specification for each phase', () => {
    const by = Object.groupBy(PHASES, (phase) => STATUS_OF[phase]);
    expect(by).toEqual({
      pending: ['planned', 'awaiting_approval', 'approved', 'queued'],
      running: ['running', 'paused', 'cancelling', 'undoing'],
      completed: ['completed', 'undone'],
      failed: ['incomplete', 'failed', 'cancelled', 'rejected', 'expired'],
    });
  });

  it('knows which phases are an end', () => {
    expect(PHASES.filter(hasEnded)).toEqual(ENDED);
  });
});

describe('any course of things', () => {
  it('leaves an end by undo or retry_failed only, and leaves rejected and expired never', () => {
    const [seen, left] = [new Set<Phase>(), new Set<string>()];
    let steps = 0;
    fc.assert(
      fc.property(
        fc.constantFrom(...STARTS),
        fc.array(fc.nat(), { minLength: 1, maxLength: 60, size: 'max' }),
        (start, choices) => {
          let phase = start;
          for (const choice of choices) {
            seen.add(phase);
            const possible = HAPPENINGS.filter((happening) => phaseAfter(happening, phase) !== null);
            if (ENDED.includes(phase)) {
              for (const happening of possible) left.add(`${phase} by ${happening}`);
              expect(['undo', 'retry_failed']).toEqual(expect.arrayContaining(possible));
            } else expect(possible).not.toEqual([]);
            const happening = possible[choice % possible.length];
            if (!happening) return;
            const next = phaseAfter(happening, phase) as Phase;
            if (STATUS_OF[phase] === 'pending') expect(FROM_PENDING).toContain(STATUS_OF[next]);
            else expect(STATUS_OF[next]).not.toBe('pending');
            phase = next;
            steps++;
          }
        },
      ),
      { numRuns: 1000 },
    );
    expect([...seen].toSorted()).toEqual([...PHASES].toSorted());
    expect([...left].filter((each) => /^(rejected|expired)/.test(each))).toEqual([]);
    expect(left.size).toBe(7);
    console.log(`phases: 1000 courses, ${steps} steps through all ${seen.size} phases, failed 0`);
  });

  it('comes to an end from wherever it stands', () => {
    for (const phase of PHASES) {
      const reached = new Set<Phase>([phase]);
      // A set that grows while it is walked through is walked to its end.
      for (const from of reached)
        for (const happening of HAPPENINGS) {
          const next = phaseAfter(happening, from);
          if (next) reached.add(next);
        }
      expect([phase, [...reached].some(hasEnded)]).toEqual([phase, true]);
    }
  });
});
