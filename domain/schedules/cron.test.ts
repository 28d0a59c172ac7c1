import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cronProblem, isTimeZone, normaliseCron, runsAfter } from './cron.ts';

const at = (text: string) => Date.parse(text);
const runs = (cron: string, zone: string, after: string, count: number) =>
  runsAfter(cron, zone, at(after), count).map((ms) => new Date(ms).toISOString().replace(':00.000Z', 'Z'));

describe('cron.expressions', () => {
  const bad: [cron: string, says: string][] = [
    ['', 'five fields'],
    ['* * * *', 'five fields'],
    ['0 30 6 * * *', 'five fields'],
    ['@daily', 'five fields'],
    ['2027-01-01T00:00:00Z', 'five fields'],
    ['60 6 * * *', 'Invalid value for minute: 60'],
    ['0 24 * * *', 'Invalid value for hour: 24'],
    ['0 6 0 * *', 'Invalid value for day'],
    ['0 6 32 * *', 'Invalid value for day'],
    ['0 6 * 13 *', 'Invalid value for month'],
    ['0 6 * * 8', 'Invalid value for dayOfWeek: 8'],
    ['0 17-8 * * *', 'From value is larger'],
    ['*/0 6 * * *', 'illegal stepping'],
    ['0/20 6 * * *', 'the minute must be made of 0-59'],
    ['/20 6 * * *', 'the minute must be made of 0-59'],
    ['-5 6 * * *', 'the minute must be made of 0-59'],
    ['1.5 6 * * *', 'the minute must be made of 0-59'],
    ['0 six * * *', 'the hour must be made of 0-23'],
    ['0 6 l * *', 'the day of month must be made of 1-31'],
    ['0 6 15w * *', 'the day of month must be made of 1-31'],
    ['0 6 ? * *', 'the day of month must be made of 1-31'],
    ['0 6 * mon *', 'the month must be made of 1-12 or jan-dec'],
    ['0 6 * * jan', 'the day of week must be made of 0-7 or sun-sat'],
    ['0 6 * * monday', 'the day of week'],
    ['0 6 * * 5#2', 'the day of week'],
    ['0 6 * * +1', 'the day of week'],
    ['0 6 * * 1,,2', 'the day of week'],
    ['0 6 * * 1,', 'the day of week'],
    ['* * * * *', 'more often than once in 15 minutes'],
    ['*/14 * * * *', 'more often than once in 15 minutes'],
    ['0,14 6 * * *', 'more often than once in 15 minutes'],
    ['0,50 * * * *', 'more often than once in 15 minutes'],
    ['0,10 6 * * *', 'more often than once in 15 minutes'],
    ['0,50 0,23 * * 1,3,4', 'more often than once in 15 minutes'],
    ['*/5 0 29 2 *', 'more often than once in 15 minutes'],
    ['0 6 30 2 *', 'never comes'],
    ['0 6 31 4,6,9,11 *', 'never comes'],
  ];
  it('that are none are refused, each with what is wrong and an example', () => {
    for (const [cron, says] of bad) {
      const problem = cronProblem(normaliseCron(cron));
      expect([cron, problem]).toEqual([cron, expect.stringContaining(says)]);
      expect(problem).toMatch(/such as 30 6|use \*\/15/);
    }
    console.log(`bad expressions: tried ${bad.length}, accepted 0`);
  });

  it('that are some are accepted', () => {
    const good = [
      '*/15 * * * *',
      '0,15,30,45 * * * *',
      '0 6 29 2 *',
      '30 6 * * MON-FRI',
      '  5  4 1,15 jan-mar/2  7 ',
      '0 0 1 1 *',
      '45 23,0 1 * *',
      '0 */2 */2 * 1',
    ];
    for (const cron of good) expect([cron, cronProblem(normaliseCron(cron))]).toEqual([cron, null]);
  });

  it('name zones of IANA, and nothing else', () => {
    for (const zone of ['Europe/Berlin', 'UTC', 'Asia/Kolkata', 'America/Argentina/Buenos_Aires', 'Etc/GMT+5'])
      expect([zone, isTimeZone(zone)]).toEqual([zone, true]);
    for (const zone of [
      '',
      '+02:00',
      'Europe/Nowhere',
      'CESTX',
      '../etc/passwd',
      'Europe/Berlin ',
      `E${'x'.repeat(99)}`,
    ])
      expect([zone, isTimeZone(zone)]).toEqual([zone, false]);
  });
});

describe('cron.daylight saving', () => {
  it('runs 02:30 once on each day in Berlin, also when the clock leaves it out or shows it twice', () => {
    expect(runs('30 2 * * *', 'Europe/Berlin', '2027-03-27T00:00Z', 3)).toEqual([
      '2027-03-27T01:30Z',
      // 02:30 is left out: 03:00, the first instant after.
      '2027-03-28T01:00Z',
      '2027-03-29T00:30Z',
    ]);
    expect(runs('30 2 * * *', 'Europe/Berlin', '2027-10-30T00:00Z', 3)).toEqual([
      '2027-10-30T00:30Z',
      // Shown twice: the first time.
      '2027-10-31T00:30Z',
      '2027-11-01T01:30Z',
    ]);
    // Asked in the hour that is shown again.
    expect(runs('30 2 * * *', 'Europe/Berlin', '2027-10-31T00:30:00.001Z', 1)).toEqual(['2027-11-01T01:30Z']);
    expect(runs('30 2,14 * * *', 'Europe/Berlin', '2027-10-31T00:45Z', 1)).toEqual(['2027-10-31T13:30Z']);
  });

  it('never leaves out a day and never runs twice in one, in any zone, for any fixed time', () => {
    const zones = [
      'Europe/Berlin',
      'America/New_York',
      'America/St_Johns',
      'America/Sao_Paulo',
      'Africa/Cairo',
      'Asia/Beirut',
      'Australia/Lord_Howe',
      'America/Havana',
      'Pacific/Chatham',
      'Asia/Kathmandu',
    ];
    let tried = 0;
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.integer({ min: 0, max: 23 }),
        fc.integer({ min: 0, max: 59 }),
        fc.integer({ min: 1995, max: 2040 }),
        (zone, hour, minute, year) => {
          tried++;
          const date = new Intl.DateTimeFormat('en-CA', { timeZone: zone });
          let after = Date.UTC(year, 0, 1, 12);
          const days: string[] = [];
          // One at a time, each asked from where the last one was: as the runner does.
          for (let n = 0; n < 366; n++) {
            const [next = 0] = runsAfter(`${minute} ${hour} * * *`, zone, after, 1);
            expect(next).toBeGreaterThan(after);
            days.push(date.format(next));
            after = next;
          }
          const first = Date.parse(days[0] ?? '');
          expect(days).toEqual(days.map((_, i) => new Date(first + i * 86_400_000).toISOString().slice(0, 10)));
        },
      ),
      { numRuns: 40 },
    );
    console.log(`fixed times: tried ${tried} years of 366 days, days left out or doubled 0`);
  });

  it('follows the clock where an expression says every hour', () => {
    expect(runs('30 * * * *', 'Europe/Berlin', '2027-03-28T00:00Z', 3)).toEqual([
      '2027-03-28T00:30Z',
      '2027-03-28T01:30Z',
      '2027-03-28T02:30Z',
    ]);
    expect(runs('30 * * * *', 'Europe/Berlin', '2027-10-31T00:00Z', 3)).toEqual([
      '2027-10-31T00:30Z',
      '2027-10-31T01:30Z',
      '2027-10-31T02:30Z',
    ]);
  });
});

/** crontab(5) read literally, minute by minute. */
function model(cron: string, after: number, count: number): number[] {
  const fields = cron.split(' ');
  const sets = fields.map((text, i) => {
    const [low, high] = [
      [0, 59],
      [0, 23],
      [1, 31],
      [1, 12],
      [0, 7],
    ][i] as [number, number];
    return new Set(
      text.split(',').flatMap((item) => {
        const [range = '', step = '1'] = item.split('/');
        const [from = 0, to = range === '*' ? high : from] = range === '*' ? [low] : range.split('-').map(Number);
        return Array.from({ length: to - from + 1 }, (_, n) => from + n).filter((n) => (n - from) % Number(step) === 0);
      }),
    );
  }) as [Set<number>, Set<number>, Set<number>, Set<number>, Set<number>];
  const [minutes, hours, days, months, weekdays] = sets;
  const isStar = fields[2]?.startsWith('*') || fields[4]?.startsWith('*');
  const found: number[] = [];
  for (let ms = Math.floor(after / 60_000) * 60_000 + 60_000; found.length < count; ms += 60_000) {
    const date = new Date(ms);
    const [byDay, byWeekday] = [
      days.has(date.getUTCDate()),
      weekdays.has(date.getUTCDay()) || (date.getUTCDay() === 0 && weekdays.has(7)),
    ];
    if (!months.has(date.getUTCMonth() + 1) || !(isStar ? byDay && byWeekday : byDay || byWeekday)) {
      ms += 86_400_000 - 60_000 - (ms % 86_400_000);
      continue;
    }
    if (hours.has(date.getUTCHours()) && minutes.has(date.getUTCMinutes())) found.push(ms);
  }
  return found;
}

describe('cron.model', () => {
  it('is crontab(5), either day and both alike', () => {
    const value = (low: number, high: number) => {
      const one = fc.integer({ min: low, max: high });
      const range = fc.tuple(one, one).map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`);
      const step = fc.integer({ min: 1, max: high - low });
      return fc.oneof(
        { weight: 3, arbitrary: fc.constant('*') },
        fc
          .array(
            fc.oneof(
              one.map(String),
              range,
              fc.tuple(fc.oneof(fc.constant('*'), range), step).map(([of, n]) => `${of}/${n}`),
            ),
            { minLength: 1, maxLength: 3 },
          )
          .map((items) => items.join(',')),
      );
    };
    const expression = fc
      .tuple(value(0, 59), value(0, 23), value(1, 28), value(1, 12), value(0, 7))
      .map((parts) => parts.join(' '));
    let tried = 0;
    fc.assert(
      fc.property(expression, fc.integer({ min: Date.UTC(2000, 0), max: Date.UTC(2090, 0) }), (cron, after) => {
        tried++;
        expect(runsAfter(cron, 'UTC', after, 5)).toEqual(model(cron, after, 5));
      }),
      { numRuns: 500 },
    );
    console.log(`crontab(5): tried ${tried} expressions against the model, differed 0`);
  });
});
