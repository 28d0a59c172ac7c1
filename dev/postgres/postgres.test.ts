import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Postgres, startPostgres } from './start.ts';
import { createDatabase, dropDatabase } from './template.ts';

// A busy machine takes its time over starting programs.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let root: string;
/** Holds a cluster that tests share, one after the other: initdb runs only where it is the subject. */
let shared: string;
let folder: string;
const running = new Set<Postgres>();
let count = 0;

async function start(options: Partial<Parameters<typeof startPostgres>[0]> = {}): Promise<Postgres> {
  const postgres = await startPostgres({ dataDir: join(folder, 'pg'), ...options });
  running.add(postgres);
  return postgres;
}

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query({ text, rowMode: 'array' })).rows;
  } finally {
    await client.end();
  }
}

async function freshFolder(): Promise<string> {
  folder = join(root, `case-${count++}`);
  await mkdir(folder);
  return folder;
}

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'steward-postgres-'));
  shared = await freshFolder();
  const postgres = await start();
  await query(postgres.ownerUrl, 'CREATE TABLE kept (n int); INSERT INTO kept VALUES (42)');
  await postgres.stop();
});

afterEach(async () => {
  await Promise.all([...running].map((postgres) => postgres.stop()));
  running.clear();
});

afterAll(async () => {
  await rm(root, { recursive: true, force: true });
});

function useShared(): void {
  folder = shared;
}

describe('a first start', () => {
  it('creates an owner who is no superuser, a UTF-8 database with checksums, and a private password file', async () => {
    useShared();
    const postgres = await start();
    const [row] = await query(
      postgres.ownerUrl,
      `SELECT current_user, current_database(), rolsuper, rolcreaterole, rolcreatedb,
              current_setting('server_encoding'), current_setting('data_checksums'), current_setting('fsync'),
              current_setting('synchronous_commit'), current_setting('listen_addresses')
       FROM pg_roles WHERE rolname = current_user`,
    );
    expect(row).toEqual(['steward_owner', 'steward', false, true, true, 'UTF8', 'on', 'on', 'on', '127.0.0.1']);
    expect((await stat(join(folder, 'pg.password'))).mode & 0o777).toBe(0o600);
  });

  it('begins again after one that was killed half-way, deep below a folder that only we may enter', async () => {
    await chmod(await freshFolder(), 0o700);
    const dataDir = join(folder, 'a/b');
    await mkdir(dataDir, { recursive: true });
    await mkdir(`${dataDir}.unfinished-1/base`, { recursive: true });
    await writeFile(`${dataDir}.unfinished-1/PG_VERSION`, '18\n');
    const postgres = await start({ dataDir });
    expect(await query(postgres.ownerUrl, 'SELECT 1')).toEqual([[1]]);
    expect((await readdir(dirname(dataDir))).sort()).toEqual(['b', 'b.password']);
  });
});

describe('a password', () => {
  it('is required, and the superuser has none that anybody knows', async () => {
    useShared();
    const { port } = await start();
    const as = (user: string, password: string) =>
      query(`postgres://${user}:${password}@127.0.0.1:${port}/steward`, '');
    await expect(as('steward_owner', 'wrong')).rejects.toMatchObject({ code: '28P01' });
    await expect(as('postgres', 'postgres')).rejects.toMatchObject({ code: '28P01' });
  });

  it('is set anew when its file was lost', async () => {
    useShared();
    await rm(join(folder, 'pg.password'));
    const postgres = await start();
    expect(await query(postgres.ownerUrl, 'SELECT n FROM kept')).toEqual([[42]]);
  });
});

describe('starting again', () => {
  it('keeps the data and the password', async () => {
    useShared();
    const first = await start();
    await query(first.ownerUrl, 'CREATE TABLE orderly AS SELECT 43 AS n');
    await first.stop();
    expect(await first.exited).toEqual({ code: 0, signal: null });
    const second = await start({ port: first.port });
    expect(second.ownerUrl).toBe(first.ownerUrl);
    expect(await query(second.ownerUrl, 'SELECT n FROM orderly')).toEqual([[43]]);
  });

  it('recovers what was committed before kill -9', async () => {
    useShared();
    const first = await start();
    await query(first.ownerUrl, 'CREATE TABLE crashed AS SELECT 43 AS n');
    process.kill(first.pid, 'SIGKILL');
    expect(await first.exited).toEqual({ code: null, signal: 'SIGKILL' });
    const second = await start({ port: first.port });
    expect(await query(second.ownerUrl, 'SELECT n FROM crashed')).toEqual([[43]]);
  });

  it('takes no notice of a stale postmaster.pid whose number is another process now', async () => {
    useShared();
    await writeFile(join(folder, 'pg/postmaster.pid'), `${process.pid}\n${join(folder, 'pg')}\n1\n5432\n\n127.0.0.1\n`);
    const postgres = await start();
    expect(await query(postgres.ownerUrl, 'SELECT n FROM kept')).toEqual([[42]]);
  });

  it('stops the server whose supervisor was killed, and lets that of a living one be', async () => {
    useShared();
    const module = fileURLToPath(new URL('start.ts', import.meta.url));
    const script = `import { startPostgres } from ${JSON.stringify(module)};
      const p = await startPostgres({ dataDir: ${JSON.stringify(join(folder, 'pg'))} });
      process.stdout.write(String(p.pid)); setInterval(() => {}, 1000);`;
    const supervisor = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [pid] = (await once(supervisor.stdout, 'data')) as [Buffer];
    await expect(start()).rejects.toThrow(`is in use by process ${supervisor.pid}: stop that process first.`);
    supervisor.kill('SIGKILL');
    await once(supervisor, 'exit');
    process.kill(Number(pid), 0);
    const postgres = await start();
    expect(postgres.pid).not.toBe(Number(pid));
    expect(await query(postgres.ownerUrl, 'SELECT n FROM kept')).toEqual([[42]]);
  });

  it('stops while clients are connected, and may be stopped twice', async () => {
    useShared();
    const postgres = await start();
    const busy = query(postgres.ownerUrl, 'SELECT pg_sleep(60)').catch((error: Error) => error);
    await sleep(100);
    await Promise.all([postgres.stop(), postgres.stop()]);
    expect(await postgres.exited).toEqual({ code: 0, signal: null });
    expect(await busy).toBeInstanceOf(Error);
    await postgres.stop();
  });
});

describe('a start that cannot be', () => {
  it('names a busy port', async () => {
    useShared();
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    await expect(start({ port })).rejects.toThrow(`Port ${port} is in use: stop the program that uses it`);
    other.close();
  });

  it('names a folder that cannot be written', async () => {
    await writeFile(join(await freshFolder(), 'file'), '');
    await expect(start({ dataDir: join(folder, 'file/pg') })).rejects.toThrow(/^Cannot write to .*file\/pg/);
    if (process.platform === 'linux')
      await expect(start({ dataDir: '/proc/a/b' })).rejects.toThrow('Cannot write to /proc/a/b');
  });

  it('leaves a folder with other contents alone', async () => {
    await writeFile(join(await freshFolder(), 'letter.txt'), 'Dear');
    await expect(start({ dataDir: folder })).rejects.toThrow('is not empty and holds no Postgres data');
    expect(await readFile(join(folder, 'letter.txt'), 'utf8')).toBe('Dear');
    await expect(stat(`${folder}.password`)).rejects.toThrow('ENOENT');
  });

  it('names data of another version', async () => {
    await mkdir(join(await freshFolder(), 'pg'));
    await writeFile(join(folder, 'pg/PG_VERSION'), '17\n');
    await expect(start()).rejects.toThrow('was written by Postgres 17');
  });

  it.runIf(process.getuid?.() === 0)(
    'as root without user namespaces runs as another user, in the same folder',
    async () => {
      useShared();
      await chmod(folder, 0o700);
      const bin = await refusing('unshare');
      const path = process.env.PATH;
      process.env.PATH = `${bin}:${path}`;
      try {
        const postgres = await start();
        expect(await query(postgres.ownerUrl, 'SELECT n FROM kept')).toEqual([[42]]);
        await postgres.stop();
        await refusing('setpriv');
        await expect(start()).rejects.toThrow(/^Postgres refuses to run as root, and no other user could be used here/);
      } finally {
        process.env.PATH = path;
      }
      expect(await query((await start()).ownerUrl, 'SELECT n FROM kept')).toEqual([[42]]);
    },
  );
});

/** Puts a program in front of the real one that always fails. */
async function refusing(program: string): Promise<string> {
  await mkdir(join(folder, 'bin'), { recursive: true });
  await writeFile(join(folder, 'bin', program), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
  return join(folder, 'bin');
}

describe('databases from a template', () => {
  it('are made by many at once, although an idle connection holds the template', async () => {
    useShared();
    const { ownerUrl } = await start();
    const idle = new pg.Client({ connectionString: ownerUrl });
    idle.on('error', () => undefined);
    await idle.connect();
    const names = ['one', 'two', 'three'];
    const urls = await Promise.all(names.map((name) => createDatabase(ownerUrl, { name, template: 'steward' })));
    for (const url of urls) expect(await query(url, 'SELECT n FROM kept')).toEqual([[42]]);
    await query(urls[0] ?? '', 'DELETE FROM kept');
    expect(await query(urls[1] ?? '', 'SELECT n FROM kept')).toEqual([[42]]);
    await expect(createDatabase(ownerUrl, { name: 'two' })).rejects.toMatchObject({ code: '42P04' });
  });

  it('are dropped with their connections, or not there at all', async () => {
    useShared();
    const { ownerUrl } = await start();
    const url = await createDatabase(ownerUrl, { name: 'Odd name-1' });
    const client = new pg.Client({ connectionString: url });
    client.on('error', () => undefined);
    await client.connect();
    await dropDatabase(ownerUrl, { name: 'Odd name-1' });
    await dropDatabase(ownerUrl, { name: 'Odd name-1' });
    await expect(query(url, 'SELECT 1')).rejects.toMatchObject({ code: '3D000' });
  });
});
