import { describe, expect, it } from 'vitest';
import { entryOf } from './entry.ts';
import { format } from './format.ts';

const IDS = { requestId: 'fb68bfd1-069a-412c-9701-33681e12e5aa', traceId: '05c47b7f6d2e4a31a4b1d30f0c9d2e11' };
const at = { time: '2026-11-23T03:04:05.678Z', ...IDS };
const shown = (fields: object, colour = false) =>
  format(entryOf(`2026-11-23T03:04:05.700Z error ${JSON.stringify(fields)}`), { colour });

describe('a line of the log, for people', () => {
  it('says when, how bad, what, how it ended and how long it took', () => {
    const request = { method: 'PATCH', route: '/v1/admin/services/:id', status: 409, outcome: 'client_error' };
    expect(shown({ level: 'info', msg: 'request', ...at, ...request, errorCode: 'conflict', durationMs: 12 })).toBe(
      '03:04:05.678Z info  PATCH /v1/admin/services/:id 409 client_error conflict 12 ms  req fb68bfd1 trace 05c47b7f',
    );
    const message = { queue: 'exports', outcome: 'retry', attempts: 3, durationMs: 7, reason: 'the store is away' };
    expect(shown({ level: 'warn', msg: 'message', ...at, ...message })).toBe(
      '03:04:05.678Z warn  message exports retry 7 ms attempts=3 reason="the store is away"  req fb68bfd1 trace 05c47b7f',
    );
    const sweeps = { outbox: { outcome: 'ok', durationMs: 3 }, holds: { outcome: 'failed', durationMs: 9 } };
    expect(shown({ level: 'error', msg: 'cron run', ...at, outcome: 'failed', durationMs: 9, sweeps })).toBe(
      '03:04:05.678Z error cron run failed 9 ms sweeps={outbox: ok 3 ms, holds: failed 9 ms}  req fb68bfd1 trace 05c47b7f',
    );
  });

  it('has its error below it, with what is behind it', () => {
    const cause = { name: 'NeonDbError', message: 'refused', code: '57P01', table: 'admins', cause: 'the line is cut' };
    const error = { name: 'Error', message: 'outer', stack: 'at f (index.js:1:2)\nat g (index.js:3:4)', cause };
    const errors = [{ name: 'TypeError', message: 'one' }];
    expect(shown({ level: 'error', msg: 'sweep failed', ...at, error: { ...error, errors } }).split('\n')).toEqual([
      '03:04:05.678Z error sweep failed  req fb68bfd1 trace 05c47b7f',
      '                    Error: outer',
      '                      at f (index.js:1:2)',
      '                      at g (index.js:3:4)',
      '                    one of them: TypeError: one',
      '                    because of NeonDbError: refused code=57P01 table=admins',
      '                    because of the line is cut',
    ]);
  });

  it('shows what moves a cursor as an escape, wherever it stands', () => {
    const nasty = ['\r', '\n', '\t', '\u0000', '\u001b[2J', '\u007f', '\u0085', '\u009b', '\u2028', '\u202e', '\u2066'];
    let tried = 0;
    for (const each of nasty) {
      const text = `a${each}b`;
      const error = { name: text, message: text, [text]: text, stack: text, cause: text, errors: [text] };
      const fields = { level: 'error', msg: text, ...at, [text]: { [text]: [text] }, route: text, queue: text, error };
      for (const line of [shown(fields), format(entryOf(text), { colour: false })]) {
        // A stack's own line breaks are the only ones.
        for (const part of line.split('\n')) expect(part).toMatch(/^[\x20-\x7e]*$/);
        tried++;
      }
      expect(shown({ ...fields, error: undefined }).split('\n').length).toBe(1);
    }
    console.log(`readable log: odd texts tried ${tried}, control characters shown 0`);
  });

  it('is coloured by its level where colours are wanted, and only there', () => {
    expect(shown({ level: 'error', msg: 'one', ...at }, true)).toContain('\u001b[31merror\u001b[0m');
    expect(shown({ level: 'info', msg: 'one', ...at })).not.toContain('\u001b');
  });

  it('is shown as it is when it is none', () => {
    const uncaught = '2026-11-23T03:04:05.700Z error Uncaught (in promise) Error: x';
    expect(format(entryOf(uncaught), { colour: false })).toBe('03:04:05.700Z error Uncaught (in promise) Error: x');
    for (const text of ['    at f (index.js:1:2)', '{"level":', '{"a":1}', 'null', ''])
      expect(format(entryOf(text), { colour: false }).trim()).toBe(text.trim());
  });
});
