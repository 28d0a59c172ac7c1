import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judge, RULES, type Sample, type Standing } from './rules.ts';

const well: Sample = {
  components: { postgres: 'ok', clickhouse: 'ok' },
  outboxAge: 0,
  exportAge: 0,
  queueAges: { exports: 0 },
  deadLetters: {},
  skewMs: { postgres: 3 },
  requests: { all: 0, failed: 0 },
};

/** What opened and closed, look by look. */
function follow(samples: Sample[]): string[][] {
  let standings: Standing[] = [];
  let last: Sample | null = null;
  return samples.map((sample) => {
    const judged = judge(standings, sample, last);
    [standings, last] = [judged.standings, sample];
    return judged.changes.map(({ rule, subject, open }) => `${open ? '+' : '-'}${rule}${subject && `:${subject}`}`);
  });
}

describe('rules', () => {
  it('open an incident after as many looks as they say, and close it as well', () => {
    const down: Sample = { ...well, components: { postgres: 'ok', clickhouse: 'down' } };
    expect(follow([well, down, well, down, down, down, well, well, well])).toEqual([
      [],
      [],
      [],
      [],
      ['+component_down:clickhouse'],
      [],
      [],
      ['-component_down:clickhouse'],
      [],
    ]);
    const slow: Sample = { ...well, components: { postgres: 'degraded', clickhouse: 'ok' } };
    expect(follow([slow, slow, slow, slow, slow, well, well]).map((changes) => changes.length)).toEqual([
      0, 0, 0, 0, 1, 0, 1,
    ]);
  });

  it('go by their limits', () => {
    const cases: [string, Partial<Sample>, Partial<Sample>][] = [
      ['outbox_stalled', { outboxAge: 300 }, { outboxAge: 301 }],
      ['export_stalled', { exportAge: 3600 }, { exportAge: 3601 }],
      ['queue_stalled:exports', { queueAges: { exports: 600 } }, { queueAges: { exports: 601 } }],
      ['dead_letters:operations', { deadLetters: { exports: 0 } }, { deadLetters: { operations: 1 } }],
      ['clock_skew:postgres', { skewMs: { postgres: -2000 } }, { skewMs: { postgres: -2001 } }],
    ];
    for (const [name, good, bad] of cases) {
      const [goodSample, badSample] = [
        { ...well, ...good },
        { ...well, ...bad },
      ];
      expect(follow([goodSample, goodSample, goodSample]).flat(), name).toEqual([]);
      expect(follow([badSample, badSample, badSample, well, well]).flat(), name).toEqual([`+${name}`, `-${name}`]);
    }
    console.log(`limits of rules: tried ${cases.length}, failed 0`);
  });

  it('count errors of the last minute, and only where there were requests enough', () => {
    const at = (all: number, failed: number): Sample => ({ ...well, requests: { all, failed } });
    expect(follow([at(0, 0), at(100, 6), at(200, 12), at(300, 12), at(400, 12)]).flat()).toEqual([
      '+error_ratio',
      '-error_ratio',
    ]);
    expect(follow([at(0, 0), at(100, 5), at(200, 10), at(300, 15)]).flat()).toEqual([]);
    expect(follow([at(0, 0), at(19, 19), at(38, 38), at(57, 57)]).flat()).toEqual([]);
    // A store that began anew is no negative number of requests.
    expect(follow([at(1000, 900), at(10, 9), at(20, 18)]).flat()).toEqual([]);
  });

  it('leave everything as it is where nobody knows', () => {
    const blind: Sample = {
      components: {},
      outboxAge: null,
      exportAge: null,
      queueAges: {},
      deadLetters: null,
      skewMs: {},
      requests: null,
    };
    const bad: Sample = { ...well, outboxAge: 9999, deadLetters: { exports: 2 } };
    expect(follow([bad, blind, blind, blind, well])).toEqual([
      ['+outbox_stalled', '+dead_letters:exports'],
      [],
      [],
      [],
      ['-outbox_stalled', '-dead_letters:exports'],
    ]);
  });

  it('open and close in turn, whatever is seen, and never what was not looked at', () => {
    const status = fc.constantFrom('ok' as const, 'degraded' as const, 'down' as const);
    const sample = fc.record<Sample>({
      components: fc.record({ postgres: status, clickhouse: status }, { requiredKeys: [] }),
      outboxAge: fc.option(fc.integer({ min: 0, max: 600 })),
      exportAge: fc.option(fc.integer({ min: 0, max: 7200 })),
      queueAges: fc.record({ exports: fc.integer({ min: 0, max: 1200 }) }, { requiredKeys: [] }),
      deadLetters: fc.option(fc.record({ exports: fc.integer({ min: 0, max: 2 }) }, { requiredKeys: [] })),
      skewMs: fc.record({ postgres: fc.integer({ min: -4000, max: 4000 }) }, { requiredKeys: [] }),
      requests: fc.option(fc.record({ all: fc.nat(1000), failed: fc.nat(100) })),
    });
    fc.assert(
      fc.property(fc.array(sample, { maxLength: 60 }), (samples) => {
        const open = new Set<string>();
        let standings: Standing[] = [];
        let last: Sample | null = null;
        for (const one of samples) {
          const judged = judge(standings, one, last);
          for (const { rule, subject, open: opens } of judged.changes) {
            const key = `${rule}\n${subject}`;
            expect(RULES[rule].look(one, last)[subject as '']).toBe(opens);
            expect(open.has(key)).toBe(!opens);
            if (opens) open.add(key);
            else open.delete(key);
          }
          [standings, last] = [judged.standings, one];
          expect(new Set(standings.filter((s) => s.open).map((s) => `${s.rule}\n${s.subject}`))).toEqual(open);
        }
      }),
    );
  });
});
