import { describe, expect, it, vi } from 'vitest';
import { everyMinute, parseArguments } from './start.ts';

describe('arguments', () => {
  const defaults = { port: 3001, grpcPort: null, fresh: false, dataDir: '', help: false };

  it.each([
    [[], {}, {}],
    [['--fresh', '--port', '3005'], {}, { fresh: true, port: 3005 }],
    [['--port=3005', '--data=/x'], { PORT: '4000' }, { port: 3005, dataDir: '/x' }],
    [[], { PORT: '4000' }, { port: 4000 }],
    [['--grpc-port', '50060'], {}, { grpcPort: 50060 }],
    [['--grpc-port=50060'], {}, { grpcPort: 50060 }],
    [[], { npm_config_fresh: 'true', npm_config_port: '3005' }, { fresh: true, port: 3005 }],
  ])('%j with %j', (argv, env, expected) => {
    expect(parseArguments(argv, env)).toEqual({ ...defaults, ...expected });
  });

  it.each([
    ['--frish'],
    ['3005'],
    ['--port'],
    ['--port', 'x'],
    ['--port', '0'],
    ['--port', '70000'],
    ['--grpc-port', '0'],
    ['--grpc-port'],
    ['--data', ''],
  ])('refuses %s in one line with exit code 2', (...argv) => {
    const refusal = (() => {
      try {
        return parseArguments(argv, {});
      } catch (error) {
        return error;
      }
    })();
    expect(refusal).toMatchObject({ exitCode: 2, message: expect.not.stringContaining('\n') });
  });
});

describe('the cron timer', () => {
  it('never overlaps and reports a row of failures once', async () => {
    vi.useFakeTimers();
    const reports: string[] = [];
    const ends: ((error?: Error) => void)[] = [];
    const job = vi.fn(() => new Promise<void>((done, fail) => ends.push((error) => (error ? fail(error) : done()))));
    const stop = everyMinute(job, (line) => reports.push(line));
    await vi.advanceTimersByTimeAsync(180_000);
    expect(job).toHaveBeenCalledTimes(1);
    for (let i = 0; i < 3; i++) {
      ends[i]?.(new Error(`down ${i}\nstack`));
      await vi.advanceTimersByTimeAsync(60_000);
    }
    expect(job).toHaveBeenCalledTimes(4);
    expect(reports).toEqual(["The Worker's cron fails: Error: down 0"]);
    stop();
    vi.useRealTimers();
  });
});
