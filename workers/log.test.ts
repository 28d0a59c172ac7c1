import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
// biome-ignore lint/style/noRestrictedImports: the canaries are planted through every entrance, and here.
import { asField, CANARIES, holds, inText } from '../test/canaries.ts';
import { createLog } from './log.ts';

const lines = { debug: [] as string[], out: [] as string[], warn: [] as string[], err: [] as string[] };
beforeEach(() => {
  for (const of of Object.values(lines)) of.length = 0;
  vi.spyOn(console, 'debug').mockImplementation((line: string) => void lines.debug.push(line));
  vi.spyOn(console, 'info').mockImplementation((line: string) => void lines.out.push(line));
  vi.spyOn(console, 'warn').mockImplementation((line: string) => void lines.warn.push(line));
  vi.spyOn(console, 'error').mockImplementation((line: string) => void lines.err.push(line));
});
afterEach(() => {
  vi.restoreAllMocks();
});

const log = createLog({ requestId: 'r-1', traceId: 't-1' });
const join = (...parts: string[]) => parts.join('');

/** The only line that was logged, as text and as what a log store reads from it. */
function only(of: string[]): { text: string; entry: Record<string, unknown> } {
  expect(of.length).toBe(1);
  const text = of[0] ?? '';
  return { text, entry: JSON.parse(text) };
}

// Everything that ends a line, moves a cursor or turns the reading direction in some viewer.
const NASTY = {
  'CR LF': '\r\n',
  NUL: '\u0000',
  BEL: '\u0007',
  BS: '\b',
  VT: '\u000b',
  FF: '\f',
  ESC: '\u001b[31m',
  DEL: '\u007f',
  'C1 NEL': '\u0085',
  'C1 CSI': '\u009b31m',
  'U+2028': '\u2028',
  'U+2029': '\u2029',
  'U+202E': '\u202e',
  'U+202A': '\u202a',
  'U+2066': '\u2066',
  'U+2069': '\u2069',
  'lone surrogate': '\ud800',
};

describe('log', () => {
  it.each(Object.entries(NASTY))('writes %s as a visible escape on one line, wherever it stands', (_, nasty) => {
    const text = `a${nasty}b`;
    log.info(text, { field: text, [text]: 1, nested: { list: [text] }, error: new Error(text) });
    const { text: line, entry } = only(lines.out);
    expect(line).not.toContain(nasty);
    expect(line).toMatch(/^[\x20-\x7e]+$/);
    expect(line).toContain('\\');
    expect(entry).toMatchObject({ msg: text, field: text, [text]: 1, nested: { list: [text] } });
  });

  it('keeps what people write readable', () => {
    log.info('Grüße aus Köln 🎉', { name: '請稍後' });
    expect(only(lines.out).text).toContain('Grüße aus Köln 🎉');
    expect(only(lines.out).text).toContain('請稍後');
  });

  it('has level, time and ids in every entry, and goes where the level says', () => {
    const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    const ids = { time, requestId: 'r-1', traceId: 't-1' };
    log.info('one', { n: 1 });
    expect(only(lines.out).entry).toEqual({ level: 'info', msg: 'one', ...ids, n: 1 });
    log.error('two');
    expect(only(lines.err).entry).toEqual({ level: 'error', msg: 'two', ...ids });
    log.brief('warn', 'three', { n: 3 });
    expect(only(lines.warn).entry).toEqual({ level: 'warn', msg: 'three', ...ids, n: 3 });
    expect(lines.debug).toEqual([]);
  });

  it('cannot be made to forge level, message, time or ids through a field', () => {
    const forged = { level: 'error', msg: 'forged', time: 'forged', requestId: 'forged', traceId: 'forged' };
    log.info('one', forged);
    log.brief('info', 'one', forged);
    for (const line of lines.out) {
      expect(JSON.parse(line)).toMatchObject({ level: 'info', msg: 'one', requestId: 'r-1', traceId: 't-1' });
      expect(JSON.parse(line).time).not.toBe('forged');
    }
    expect(lines.out.length).toBe(2);
  });

  it('redacts also a brief line, as soon as there is more in it than words of ours', () => {
    for (const text of Object.values(NASTY)) log.brief('info', 'one', { text, route: '/v1/admin/services/:id' });
    log.brief('info', 'one', { text: 'jane.doe@example.com' });
    expect(lines.out.length).toBe(Object.keys(NASTY).length + 1);
    for (const line of lines.out) expect(line).toMatch(/^[\x20-\x7e]+$/);
    expect(lines.out.at(-1)).toContain('[redacted]');
  });

  it('writes errors with their causes', () => {
    const error = new TypeError('outer', { cause: new Error('inner', { cause: 'root' }) });
    log.error('failed', { error });
    const { entry } = only(lines.err);
    expect(entry).toMatchObject({
      error: { name: 'TypeError', message: 'outer', cause: { name: 'Error', message: 'inner', cause: 'root' } },
    });
    expect((entry.error as { stack: string }).stack).toMatch(/^at .+log\.test\.ts:\d+:\d+/);
  });

  it('writes something for every value, and never throws itself', () => {
    const circle: Record<string, unknown> = {};
    circle.self = circle;
    const eternal = new Error('eternal');
    eternal.cause = eternal;
    for (const value of [1n, circle, eternal, Symbol('x'), () => 1, undefined, null, new Map([[1, 2]]), Number.NaN]) {
      log.error('odd', { value });
    }
    expect(lines.err.length).toBe(9);
    for (const line of lines.err) expect(JSON.parse(line)).toMatchObject({ msg: 'odd', requestId: 'r-1' });
  });

  it('holds none of the sixty canaries, wherever they were left', () => {
    for (const canary of CANARIES) {
      const error = new TypeError(inText(canary), { cause: { ...asField(canary), list: [inText(canary)] } });
      log.error(`refused ${inText(canary)}`, { ...asField(canary), error, nested: { deep: [asField(canary)] } });
      log.info('body', { body: JSON.stringify(asField(canary)), when: new Date(0), [inText(canary)]: 1 });
    }
    const text = [...lines.err, ...lines.out].join('\n');
    expect(lines.err.length + lines.out.length).toBe(120);
    expect(CANARIES.filter((canary) => holds(text, canary)).map(({ name }) => name)).toEqual([]);
    for (const line of lines.out)
      expect(JSON.parse(line)).toMatchObject({ msg: 'body', when: '1970-01-01T00:00:00.000Z' });
  });

  it('keeps what a log is for', () => {
    const fields = {
      route: '/v1/admin/services/:id',
      status: 503,
      attempts: 3,
      queue: 'exports',
      replayOf: null,
      tokens: 5,
    };
    log.error('dead letter', fields);
    expect(only(lines.err).entry).toMatchObject(fields);
  });

  it('holds no secret, wherever one was left', () => {
    const secret = join('gh', 'p_', 'a1B2'.repeat(9));
    const url = 'postgres://steward_api:s3cret-pw@db.example/steward';
    log.error(`refused ${secret}`, {
      url,
      nested: { list: [secret] },
      error: new Error(`connect ${url}`, { cause: new Error(secret) }),
    });
    const { text, entry } = only(lines.err);
    expect(text).not.toContain(secret);
    expect(text).not.toContain('s3cret-pw');
    expect(entry.msg).toBe('refused [redacted]');
    expect(entry.requestId).toBe('r-1');
  });
});

describe('levels', () => {
  const LEVELS = ['debug', 'info', 'warn', 'error'] as const;
  const written = () => Object.values(lines).map(({ length }) => length);

  it.each(LEVELS)('below %s nothing is written', (level) => {
    const leveled = createLog({ requestId: 'r-1', traceId: 'f'.repeat(32) }, { level, debugPercent: 0 });
    for (const each of LEVELS) {
      leveled[each]('one');
      leveled.brief(each, 'one', {});
    }
    expect(written()).toEqual(LEVELS.map((_, i) => (i < LEVELS.indexOf(level) ? 0 : 2)));
  });

  it('are all written of as many traces in a hundred as are asked for: of a trace all lines or none', () => {
    for (const [percent, least, most] of [
      [0, 0, 0],
      [5, 2, 9],
      [100, 100, 100],
    ] as const) {
      let sampled = 0;
      for (let i = 0; i < 2000; i++) {
        for (const of of Object.values(lines)) of.length = 0;
        const traceId = crypto.randomUUID().replaceAll('-', '');
        // Two isolates that work for one trace.
        for (const requestId of ['r-1', 'r-2'])
          for (const level of LEVELS)
            createLog({ requestId, traceId }, { level: 'warn', debugPercent: percent })[level]('one');
        expect([
          [2, 2, 2, 2],
          [0, 0, 2, 2],
        ]).toContainEqual(written());
        if (written()[0]) sampled++;
      }
      expect((sampled / 2000) * 100).toBeGreaterThanOrEqual(least);
      expect((sampled / 2000) * 100).toBeLessThanOrEqual(most);
    }
  });
});
