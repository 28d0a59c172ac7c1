import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { logFiles, openLog } from './logs/file.ts';
import { parseArguments } from './logs.ts';
import { folder } from './test-folder.ts';

const COMMAND = join(import.meta.dirname, 'logs.ts');

const line = (level: string, msg: string, ids: object = {}) =>
  `${level} ${JSON.stringify({ level, msg, time: '2026-11-23T03:04:05.678Z', requestId: 'r1-aaaaaaaa', traceId: 't1aaaaaaaa', ...ids })}`;

function run(...args: string[]) {
  const child = spawn(process.execPath, [COMMAND, ...args], { env: { ...process.env, NO_COLOR: '1' } });
  const told = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    told.out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    told.err += text;
  });
  return { child, told, ended: once(child, 'close') };
}

async function shown(...args: string[]): Promise<{ code: unknown; lines: string[]; err: string }> {
  const { told, ended } = run(...args);
  const [code] = await ended;
  return { code, lines: told.out.split('\n').filter(Boolean), err: told.err };
}

describe('npm run logs', () => {
  it('shows what npm start wrote: of a level, a request or a trace, and what is no line too', async () => {
    const data = folder();
    const log = openLog(data, 'worker');
    log(line('info', 'one'));
    log(line('debug', 'two', { traceId: 't2bbbbbbbb' }));
    log(line('error', 'three', { requestId: 'r2-bbbbbbbb' }));
    log('error Uncaught Error: four\n    at f (index.js:1:2)');
    const all = await shown('--data', data);
    expect(all.lines[0]).toMatch(/^\d{4}-\d\d-\d\d, times are UTC$/);
    // A line that tells no time of its own has the file's, so that a new day may be announced before it.
    const entries = all.lines.filter((each) => !each.endsWith(', times are UTC'));
    expect(entries.map((each) => each.slice(14))).toEqual([
      'info  one  req r1-aaaaa trace t1aaaaaa',
      'debug two  req r1-aaaaa trace t2bbbbbb',
      'error three  req r2-bbbbb trace t1aaaaaa',
      'error Uncaught Error: four',
      expect.stringContaining('at f (index.js:1:2)'),
    ]);
    const messages = async (...args: string[]) =>
      (await shown('--data', data, ...args)).lines
        .map((each) => / (one|two|three|four)\b/.exec(each)?.[1])
        .filter(Boolean);
    expect(await messages('--level', 'info')).toEqual(['one', 'three', 'four']);
    expect(await messages('--level', 'error')).toEqual(['three', 'four']);
    expect(await messages('--request', 'r1-aaaaa')).toEqual(['one', 'two']);
    expect(await messages('--trace', 't2bbbbbb')).toEqual(['two']);
    expect(await messages('--trace', 't2bbbbbb', '--level', 'error')).toEqual([]);
  });

  it('follows, also when the file is begun anew', async () => {
    const data = folder();
    const log = openLog(data, 'worker', 2000);
    log(line('info', 'number 0'));
    const { child, told, ended } = run('--data', data, '--follow');
    const numbers = () => [...told.out.matchAll(/number (\d+)/g)].map(([, n]) => Number(n));
    try {
      await expect.poll(numbers, { timeout: 20_000 }).toEqual([0]);
      for (let n = 1; n <= 40; n++) {
        log(line('info', `number ${n}`));
        // The file is begun anew several times; twice between two looks at it would be too fast for any reader.
        if (n % 8 === 0) await expect.poll(() => numbers().at(-1), { timeout: 20_000 }).toBe(n);
      }
      expect(numbers()).toEqual(Array.from({ length: 41 }, (_, n) => n));
    } finally {
      child.kill('SIGTERM');
      await ended;
    }
  });

  it('says what is wrong with what it was asked', async () => {
    expect(await shown('--level', 'loud')).toMatchObject({
      code: 2,
      err: expect.stringMatching(/^There is no level "loud"/),
    });
    expect(await shown('--lvl', 'warn')).toMatchObject({
      code: 2,
      err: expect.stringContaining('npm run logs -- takes'),
    });
    const nothing = folder();
    expect(await shown('--data', nothing)).toMatchObject({
      code: 1,
      err: expect.stringContaining('npm start writes it'),
    });
    expect((await shown('--help')).lines[0]).toContain('--follow');
  });

  it('takes its options from npm too', () => {
    const env = {
      npm_config_level: 'warn',
      npm_config_follow: 'true',
      npm_config_request: 'r1',
      npm_config_trace: 't1',
    };
    expect(parseArguments([], env)).toMatchObject({ level: 'warn', follow: true, request: 'r1', trace: 't1' });
    expect(parseArguments(['--level', 'error'], env).level).toBe('error');
    expect(parseArguments(['--data', 'x'], { INIT_CWD: '/somewhere' }).dataDir).toBe('/somewhere/x');
  });
});

describe('a log file', () => {
  it('never grows beyond its bound, and keeps the newest lines', () => {
    const data = folder();
    const [older, newer] = logFiles(data, 'worker');
    mkdirSync(dirname(newer), { recursive: true });
    writeFileSync(newer, 'from an earlier start\n');
    appendFileSync(older, 'long ago\n');
    const log = openLog(data, 'worker', 10_000);
    let largest = 0;
    for (let n = 0; n < 2000; n++) {
      log(`line ${n}`);
      largest = Math.max(largest, statSync(newer).size + statSync(older).size);
    }
    const kept = [older, newer].flatMap((file) => readFileSync(file, 'utf8').split('\n').filter(Boolean));
    const numbers = kept.map((each) => Number(/line (\d+)$/.exec(each)?.[1]));
    expect(largest).toBeLessThan(20_200);
    expect(numbers.length).toBeGreaterThan(200);
    expect(numbers).toEqual(Array.from({ length: numbers.length }, (_, i) => 2000 - numbers.length + i));
    console.log(`log file of 10000 bytes: lines tried 2000, kept ${numbers.length}, bytes at most ${largest}`);
  });
});
