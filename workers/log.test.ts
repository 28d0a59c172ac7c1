import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
// biome-ignore lint/style/noRestrictedImports: the canaries are planted through every entrance, and here.
import { asField, CANARIES, holds, inText } from '../test/canaries.ts';
import { createLog } from './log.ts';

const lines: { out: string[]; err: string[] } = { out: [], err: [] };
beforeEach(() => {
  lines.out = [];
  lines.err = [];
  vi.spyOn(console, 'log').mockImplementation((line: string) => void lines.out.push(line));
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
    expect(entry).toMatchObject({ message: text, field: text, [text]: 1, nested: { list: [text] } });
  });

  it('keeps what people write readable', () => {
    log.info('Grüße aus Köln 🎉', { name: '請稍後' });
    expect(only(lines.out).text).toContain('Grüße aus Köln 🎉');
    expect(only(lines.out).text).toContain('請稍後');
  });

  it('has level and ids in every entry, and errors go to the error stream', () => {
    log.info('one', { n: 1 });
    expect(only(lines.out).entry).toEqual({ level: 'info', message: 'one', requestId: 'r-1', traceId: 't-1', n: 1 });
    log.error('two');
    expect(only(lines.err).entry).toEqual({ level: 'error', message: 'two', requestId: 'r-1', traceId: 't-1' });
  });

  it('cannot be made to forge level, message or ids through a field', () => {
    log.info('one', { level: 'error', message: 'forged', requestId: 'forged', traceId: 'forged' });
    expect(only(lines.out).entry).toMatchObject({ level: 'info', message: 'one', requestId: 'r-1', traceId: 't-1' });
  });

  it('writes errors whole, with their causes', () => {
    const error = new TypeError('outer', { cause: new Error('inner', { cause: 'root' }) });
    log.error('failed', { error });
    expect(only(lines.err).entry).toMatchObject({
      error: {
        name: 'TypeError',
        message: 'outer',
        stack: error.stack,
        cause: { name: 'Error', message: 'inner', cause: 'root' },
      },
    });
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
    for (const line of lines.err) expect(JSON.parse(line)).toMatchObject({ message: 'odd', requestId: 'r-1' });
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
      expect(JSON.parse(line)).toMatchObject({ message: 'body', when: '1970-01-01T00:00:00.000Z' });
  });

  it('keeps what a log is for', () => {
    const fields = {
      path: '/v1/admin/services',
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
    expect(entry.message).toBe('refused [redacted]');
    expect(entry.requestId).toBe('r-1');
  });
});
