import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { type Parts, startStack } from './stack.ts';
import { loadSecrets, openData, Refusal } from './state.ts';
import { folder } from './test-folder.ts';

describe('the stack', () => {
  /** Parts that note what is running; each takes `ms` to start. */
  function fakes(ms = 20) {
    const running: string[] = [];
    const events: string[] = [];
    const kill: Record<string, () => void> = {};
    const up = async (name: string) => {
      events.push(`start ${name}`);
      await sleep(ms);
      running.push(name);
      const { promise: exited, resolve } = Promise.withResolvers<{ code: null; signal: string }>();
      const stop = async (): Promise<void> => {
        events.push(`stop ${name}`);
        running.splice(running.indexOf(name), 1);
      };
      kill[name] = () => resolve({ code: null, signal: 'SIGKILL' });
      return { pid: 1, url: `http://${name}`, port: 1, ownerUrl: `postgres://${name}`, exited, stop, close: stop };
    };
    const parts = {
      startPostgres: () => up('postgres'),
      startNeonFront: () => up('neon'),
      startClickHouse: () => up('clickhouse'),
      startIssuer: () => up('issuer'),
      startWorker: () => up('worker'),
      startGrpcBridge: () => up('grpc'),
      startMailCatcher: () => up('mail'),
      buildWorker: async () => 'script',
      workerVars: async () => ({}),
      migrateAll: async () => ({ postgres: [], clickhouse: [] }),
      seed: async () => ({ admins: [], services: [] }),
    } as unknown as Parts;
    return { running, events, kill, parts };
  }

  it('starts everything and stops it in reverse order', async () => {
    const { running, events, parts } = fakes();
    const lines: string[] = [];
    const stack = await startStack({ dataDir: folder(), parts, log: (line) => lines.push(line) });
    expect([...running].sort()).toEqual(['clickhouse', 'grpc', 'issuer', 'mail', 'neon', 'postgres', 'worker']);
    expect(lines.filter((line) => / ready in \d+\.\d s$/.test(line))).toHaveLength(10);
    await Promise.all([stack.stop(), stack.stop()]);
    expect(running).toEqual([]);
    const stops = events.filter((each) => each.startsWith('stop'));
    expect(stops.slice(0, 2)).toEqual(['stop grpc', 'stop worker']);
    expect(stops.slice(5).sort()).toEqual(['stop clickhouse', 'stop postgres']);
  });

  it('starts only what is asked for', async () => {
    const { running, parts } = fakes();
    const stack = await startStack({ dataDir: folder(), parts, only: ['clickhouse'] });
    expect(running).toEqual(['clickhouse']);
    expect(stack.worker).toBeUndefined();
    await stack.stop();
  });

  it.each([0, 10, 25, 30, 45, 60, 75])('stops what has started when aborted after %d ms', async (delay) => {
    const { running, parts } = fakes();
    const abort = new AbortController();
    const starting = startStack({ dataDir: folder(), parts, signal: abort.signal });
    setTimeout(() => abort.abort(new Refusal('asked to', 0)), delay);
    await starting.then(
      (stack) => stack.stop(),
      (error: unknown) => expect(error).toEqual(new Refusal('asked to', 0)),
    );
    expect(running).toEqual([]);
  });

  it('stops the others when one part fails, and names it', async () => {
    const { running, parts } = fakes();
    const startIssuer = () => sleep(30).then(() => Promise.reject(new Error('no key')));
    await expect(startStack({ dataDir: folder(), parts: { ...parts, startIssuer } })).rejects.toThrow(
      'OIDC issuer: no key',
    );
    expect(running).toEqual([]);
  });

  it('names the child that died rather than the error of who was talking to it', async () => {
    const { running, kill, parts } = fakes();
    const migrateAll = async () => {
      setTimeout(() => kill.postgres?.(), 20);
      throw new Error('connection terminated');
    };
    const starting = startStack({ dataDir: folder(), parts: { ...parts, migrateAll } });
    await expect(starting).rejects.toThrow('Postgres ended by itself (killed by SIGKILL)');
    expect(running).toEqual([]);
  });

  it('tells when a child ends by itself, but not when it was stopped', async () => {
    const { kill, parts } = fakes();
    const stack = await startStack({ dataDir: folder(), parts });
    kill.clickhouse?.();
    expect(await stack.failed).toEqual({ name: 'ClickHouse', how: 'killed by SIGKILL' });
    await stack.stop();
  });

  it('clears the remains of a first start that was never ready, and keeps what was', async () => {
    const dataDir = folder();
    const lines: string[] = [];
    const options = { dataDir, parts: fakes().parts, log: (line: string) => lines.push(line) };
    openData(dataDir);
    const abandoned = loadSecrets(dataDir);
    const first = await startStack(options);
    await first.stop();
    expect(lines[0]).toBe('An earlier first start did not finish: starting it again.');
    expect(first.secrets).not.toEqual(abandoned);
    const second = await startStack({ ...options, log: () => undefined });
    await second.stop();
    expect(second.secrets).toEqual(first.secrets);
    const third = await startStack({ ...options, fresh: true });
    await third.stop();
    expect(third.secrets).not.toEqual(first.secrets);
  });
});
