import { execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { startedAt } from './children.ts';
import { type Parts, startStack } from './stack.ts';
import { everyMinute, parseArguments } from './start.ts';
import { clearData, isUnfinished, loadSecrets, markReady, openData, Refusal, requirePort, takeLock } from './state.ts';
import { summary } from './summary.ts';

const DEV = fileURLToPath(new URL('.', import.meta.url));
const run = promisify(execFile);
const folders: string[] = [];

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'steward-start-'));
  folders.push(made);
  return made;
}

afterEach(() => {
  for (const made of folders.splice(0)) rmSync(made, { recursive: true, force: true });
});

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(20);
}

describe('install.mjs', () => {
  const lock = (version: string) => ({
    packages: { '': {}, 'node_modules/left': { version, integrity: `sha-${version}` } },
  });

  /** A project whose npm installs what the lockfile asks for, or fails as told. */
  function project(npm: string): string {
    const root = folder();
    mkdirSync(join(root, 'dev'));
    mkdirSync(join(root, 'bin'));
    cpSync(join(DEV, 'install.mjs'), join(root, 'dev', 'install.mjs'));
    writeFileSync(join(root, 'package-lock.json'), JSON.stringify(lock('1.0.0')));
    writeFileSync(join(root, 'bin', 'npm'), `#!/bin/sh\necho "$@" >> ${root}/calls\n${npm}\n`);
    chmodSync(join(root, 'bin', 'npm'), 0o755);
    return root;
  }

  const installs = 'mkdir -p node_modules/left && sleep 0.3 && cp package-lock.json node_modules/.package-lock.json';
  const calls = (root: string): string[] => readFileSync(join(root, 'calls'), 'utf8').trim().split('\n');
  const install = (root: string) => {
    const env = { ...process.env, PATH: `${root}/bin:${process.env.PATH}` };
    return run(process.execPath, [join(root, 'dev', 'install.mjs')], { env }).catch((error: unknown) => {
      return error as { stdout: string; stderr: string; code: number };
    });
  };

  it('installs once, says so, and is silent when all is current', async () => {
    const root = project(installs);
    expect((await install(root)).stdout).toMatch(
      /^Installing dependencies.*\nDependencies installed in \d+\.\d s\.\n$/,
    );
    expect(await install(root)).toMatchObject({ stdout: '', stderr: '' });
    expect(calls(root)).toHaveLength(1);
    expect(calls(root)[0]).toContain('install --no-save --loglevel=error --no-audit --no-fund');
    expect(existsSync(join(root, 'node_modules', '.steward-install'))).toBe(false);
  });

  it('installs again when the lockfile changed or a package is missing', async () => {
    const root = project(installs);
    await install(root);
    writeFileSync(join(root, 'package-lock.json'), JSON.stringify(lock('1.0.1')));
    await install(root);
    rmSync(join(root, 'node_modules', 'left'), { recursive: true });
    await install(root);
    expect(calls(root)).toHaveLength(3);
  });

  it('lets the second of two wait for the first', async () => {
    const root = project(installs);
    const both = await Promise.all([install(root), install(root)]);
    expect(both.map(({ stderr }) => stderr)).toEqual(['', '']);
    expect(calls(root)).toHaveLength(1);
  });

  it('takes over the lock of an install that was killed', async () => {
    const root = project(installs);
    mkdirSync(join(root, 'node_modules', '.steward-install'), { recursive: true });
    writeFileSync(join(root, 'node_modules', '.steward-install', `owner.${process.pid}.1`), '');
    expect((await install(root)).stdout).toContain('Dependencies installed');
  });

  it.each([
    ['npm error code ENOTFOUND', /^The npm registry cannot be reached/],
    ['npm error code ENOSPC', /^The disk is full/],
    ['npm error code EACCES', /^No permission to write/],
    ['npm error 404 Not Found - left', /^npm install failed \(exit 1\): npm error 404 Not Found - left\./],
  ])('explains "%s" in one line', async (said, expected) => {
    const failed = await install(project(`echo "${said}" >&2; exit 1`));
    expect(failed).toMatchObject({ code: 1 });
    expect(failed.stderr.trim()).toMatch(expected);
    expect(failed.stderr.trim().split('\n')).toHaveLength(1);
  });
});

describe('the reaper', () => {
  const parent = (program: string): string => `
    import { startReaper } from ${JSON.stringify(join(DEV, 'children.ts'))};
    import { spawn } from 'node:child_process';
    const reaper = startReaper('test-' + process.pid);
    ${program}
    setInterval(() => {}, 1000);`;

  async function leftBy(program: string, signal: NodeJS.Signals): Promise<number[]> {
    const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', parent(program)]);
    const [text] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string];
    child.kill(signal);
    return text.trim().split(' ').map(Number);
  }

  it('ends named and unnamed children, and their children, of a killed supervisor', async () => {
    const pids = await leftBy(
      `const named = spawn('sleep', ['1000'], { env: {}, detached: true });
       reaper.watch(named.pid);
       const unnamed = spawn('sh', ['-c', 'sleep 1000 & echo $!; wait'], { stdio: ['ignore', 'pipe', 'ignore'] });
       unnamed.stdout.on('data', (inner) => console.log(named.pid, unnamed.pid, Number(inner), reaper.pid));`,
      'SIGKILL',
    );
    expect(pids).toHaveLength(4);
    await until(() => pids.every((pid) => startedAt(pid) === null));
  });

  it('kills a child that ignores every request', async () => {
    const pids = await leftBy(
      `const deaf = spawn('sh', ['-c', 'trap "" INT TERM; echo; sleep 1000'], { stdio: ['ignore', 'pipe', 'ignore'] });
       deaf.stdout.on('data', () => console.log(deaf.pid));`,
      'SIGKILL',
    );
    await until(() => pids.every((pid) => startedAt(pid) === null));
  }, 20_000);

  it('leaves a process alone that was given the pid of a child', async () => {
    const bystander = spawn('sleep', ['1000']);
    const input = `${JSON.stringify({ pid: bystander.pid, started: 'another time' })}\n`;
    spawnSync(process.execPath, [join(DEV, 'reaper.mjs'), 'no-run', '0'], { input });
    expect(startedAt(bystander.pid ?? 0)).not.toBeNull();
    bystander.kill();
  });
});

describe('the data folder', () => {
  it('is locked by one start at a time and free again after its release', () => {
    const dir = folder();
    const lock = takeLock(dir, 'one');
    expect(lock.abandoned).toBeNull();
    expect(() => takeLock(dir, 'two')).toThrow(`Steward is already running here (pid ${process.pid}): stop it`);
    lock.release();
    expect(takeLock(dir, 'three').abandoned).toBeNull();
  });

  it.each([
    ['gone', '999999999.old.123'],
    ['replaced by another with its pid', `${process.pid}.old.123`],
  ])('is taken over when its owner is %s', (_, owner) => {
    const dir = folder();
    mkdirSync(join(dir, 'lock'));
    writeFileSync(join(dir, 'lock', owner), '');
    expect(takeLock(dir, 'new').abandoned).toEqual({ run: 'old', pid: Number(owner.split('.')[0]) });
    expect(readdirSync(join(dir, 'lock'))).toHaveLength(1);
    expect(() => takeLock(dir, 'third')).toThrow(Refusal);
  });

  it('keeps its secrets, unreadable for others, and makes broken ones anew', () => {
    const dir = folder();
    const secrets = loadSecrets(dir);
    expect(statSync(join(dir, 'secrets.json')).mode & 0o777).toBe(0o600);
    expect(loadSecrets(dir)).toEqual(secrets);
    writeFileSync(join(dir, 'secrets.json'), '{"rolePass');
    expect(loadSecrets(dir)).not.toEqual(secrets);
  });

  it('is never emptied when it holds files that are not ours', () => {
    const dir = folder();
    writeFileSync(join(dir, 'thesis.txt'), '');
    expect(() => openData(dir)).toThrow(/not Steward's/);
    expect(() => clearData(dir)).toThrow(/not Steward's/);
    expect(existsSync(join(dir, 'thesis.txt'))).toBe(true);
  });

  it('is emptied but for the lock, and unfinished until a start was ready', () => {
    const dir = folder();
    openData(dir);
    const lock = takeLock(dir, 'one');
    loadSecrets(dir);
    expect(isUnfinished(dir)).toBe(true);
    markReady(dir);
    expect(isUnfinished(dir)).toBe(false);
    clearData(dir);
    expect(readdirSync(dir).sort()).toEqual(['lock', 'steward-data']);
    lock.release();
  });

  it('refuses a port in use, naming it and one that is free', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    await expect(requirePort(port)).rejects.toThrow(new RegExp(`^Port ${port} is in use .* npm start -- --port \\d+$`));
    server.close();
    await once(server, 'close');
    await expect(requirePort(port)).resolves.toBeUndefined();
  });
});

describe('arguments', () => {
  const defaults = { port: 3001, fresh: false, dataDir: '', help: false };

  it.each([
    [[], {}, {}],
    [['--fresh', '--port', '3005'], {}, { fresh: true, port: 3005 }],
    [['--port=3005', '--data=/x'], { PORT: '4000' }, { port: 3005, dataDir: '/x' }],
    [[], { PORT: '4000' }, { port: 4000 }],
    [[], { npm_config_fresh: 'true', npm_config_port: '3005' }, { fresh: true, port: 3005 }],
  ])('%j with %j', (argv, env, expected) => {
    expect(parseArguments(argv, env)).toEqual({ ...defaults, ...expected });
  });

  it.each([['--frish'], ['3005'], ['--port'], ['--port', 'x'], ['--port', '0'], ['--port', '70000'], ['--data', '']])(
    'refuses %s in one line with exit code 2',
    (...argv) => {
      const refusal = (() => {
        try {
          return parseArguments(argv, {});
        } catch (error) {
          return error;
        }
      })();
      expect(refusal).toMatchObject({ exitCode: 2, message: expect.not.stringContaining('\n') });
    },
  );
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

describe('the summary', () => {
  const input = {
    api: 'http://127.0.0.1:3001',
    issuer: 'http://127.0.0.1:3002',
    clickhouse: { url: 'http://127.0.0.1:3003', user: 'steward_reader', password: 'pw' },
    postgres: 'postgres://o:p@127.0.0.1:3004/steward',
    dataDir: '/data',
    services: [{ id: 'id-1', slug: 'shop', name: 'Web shop' }],
    tokens: ['owner', 'service-manager'].map((role) => ({ role, email: `${role}@x`, token: `token.of.${role}` })),
  };

  it('puts everything to paste on whole lines of its own', () => {
    const lines = summary(input, { colour: false }).split('\n');
    expect(lines).toContain("export OWNER='token.of.owner'");
    expect(lines).toContain("export SERVICE_MANAGER='token.of.service-manager'");
    expect(lines).toContain("export SERVICE='id-1'");
    expect(lines.filter((line) => /^[1-5]\. /.test(line))).toHaveLength(5);
    expect(lines.some((line) => line.startsWith('#'))).toBe(false);
  });

  it('has colour only when asked', () => {
    expect(summary(input, { colour: true })).toContain('\u001b[');
    expect(summary(input, { colour: false })).not.toContain('\u001b');
  });

  it.each(['', 'absolute'])(
    'walks the main job in a shell, with %s addresses',
    async (kind) => {
      const seen: string[] = [];
      const server = createServer((request, response) => {
        const base = kind && `http://${request.headers.host}`;
        seen.push(`${request.method} ${request.url} ${request.headers['audit-reason'] ?? ''}`.trim());
        if (request.method === 'POST') response.writeHead(202, { Location: `${base}/v1/admin/exports/e1` });
        const ready = seen.filter((each) => each === 'GET /v1/admin/exports/e1').length > 2;
        if (request.url === '/v1/admin/exports/e1')
          response.write(`{"downloadUrl":${ready ? `"${base}/file?a=1&b=2"` : null}}`);
        response.end(request.url?.startsWith('/file') ? '"id"\r\n' : '');
      }).listen(0, '127.0.0.1');
      await once(server, 'listening');
      const api = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const cwd = folder();
      const script = summary({ ...input, api }, { colour: false })
        .split('\n')
        .filter((line) => /^(export|sleep|curl|ANSWER=|for) ?/.test(line));
      const { stdout } = await run('bash', ['-c', script.join('\n')], { cwd });
      server.close();
      expect(seen.slice(0, 4)).toEqual([
        'PATCH /v1/admin/services/id-1/config Planned maintenance',
        'GET /v1/audit/logs?resourceId=id-1',
        'POST /v1/admin/exports',
        'GET /v1/admin/exports/e1',
      ]);
      expect(seen.at(-1)).toBe('GET /file?a=1&b=2');
      expect(readFileSync(join(cwd, 'audit.csv'), 'utf8')).toBe('"id"\r\n');
      expect(stdout).toMatch(/Saved as audit\.csv\n$/);
    },
    20_000,
  );
});

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
    expect([...running].sort()).toEqual(['clickhouse', 'issuer', 'neon', 'postgres', 'worker']);
    expect(lines.filter((line) => / ready in \d+\.\d s$/.test(line))).toHaveLength(8);
    await Promise.all([stack.stop(), stack.stop()]);
    expect(running).toEqual([]);
    const stops = events.filter((each) => each.startsWith('stop'));
    expect(stops[0]).toBe('stop worker');
    expect(stops.slice(3).sort()).toEqual(['stop clickhouse', 'stop postgres']);
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
