import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Binaries } from './binaries.ts';
import { finished, giveTo, type Runner } from './run-as.ts';

export const OWNER = 'steward_owner';
export const DATABASE = 'steward';

interface Tools {
  binaries: Binaries;
  runner: Runner;
  log: (line: string) => void;
}

/**
 * Makes sure that `dataDir` holds a complete cluster with our role and database, and answers the role's password,
 * which lives in `<dataDir>.password`.
 */
export async function ensureCluster(dataDir: string, tools: Tools): Promise<string> {
  const parent = dirname(dataDir);
  // Everything is built in a sibling and renamed at the end: a folder of the final name is always complete. The sibling
  // has a new name each time, as the initdb of a start that was killed may still be writing into the old one.
  const unfinished = `${dataDir}.unfinished-${randomBytes(4).toString('hex')}`;
  await removeUnfinished(dataDir);
  const version = await readFile(join(dataDir, 'PG_VERSION'), 'utf8').catch(unlessMissing);
  if (version === undefined) await refuseForeignFolder(dataDir);
  const kept = await keptPassword(dataDir);
  const password = kept ?? randomBytes(24).toString('hex');
  if (version !== undefined) {
    checkVersion(dataDir, version.trim(), tools.runner.version);
    await giveTo(tools.runner.owner, dataDir);
    if (kept === undefined) await singleUser(dataDir, tools, [`ALTER ROLE ${OWNER} PASSWORD '${password}'`]);
    await keepPassword(dataDir, password);
    return password;
  }
  await keepPassword(dataDir, password);
  await mkdir(unfinished, { mode: 0o700 });
  await giveTo(tools.runner.owner, unfinished);
  await initdb(unfinished, tools);
  await singleUser(unfinished, tools, [
    `CREATE ROLE ${OWNER} LOGIN CREATEROLE CREATEDB PASSWORD '${password}'`,
    `CREATE DATABASE ${DATABASE} OWNER ${OWNER}`,
  ]);
  await rename(unfinished, dataDir);
  await syncFolder(parent);
  return password;
}

async function initdb(folder: string, tools: Tools): Promise<void> {
  const passwordFile = `${folder}.password`;
  // The superuser's password is thrown away: nothing here needs a superuser, and nobody should log in as one.
  await writeFile(passwordFile, randomBytes(24).toString('hex'), { mode: 0o600 });
  try {
    await giveTo(tools.runner.owner, passwordFile);
    await check(
      'initdb',
      tools,
      tools.runner.spawn(
        tools.binaries.initdb,
        [
          '-D',
          folder,
          '-U',
          'postgres',
          '-A',
          'scram-sha-256',
          `--pwfile=${passwordFile}`,
          '-E',
          'UTF8',
          '--locale=C',
          // The built-in provider sorts alike everywhere, whatever locales the machine has.
          '--locale-provider=builtin',
          '--builtin-locale=C.UTF-8',
          '--no-instructions',
        ],
        { stdio: ['ignore', 'pipe', 'pipe'] },
      ),
    );
  } finally {
    await rm(passwordFile, { force: true });
  }
}

/** Runs statements without a server: one line each, the first error ends it. */
async function singleUser(folder: string, tools: Tools, statements: string[]): Promise<void> {
  const child = tools.runner.spawn(
    tools.binaries.postgres,
    ['--single', '-D', folder, '-c', 'exit_on_error=on', 'postgres'],
    { stdio: ['pipe', 'pipe', 'pipe'] },
  );
  // A child that dies early makes this pipe fail; its exit code says so better.
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(`${statements.join('\n')}\n`);
  await check('preparing the database', tools, child);
}

async function check(what: string, { log }: Tools, child: Parameters<typeof finished>[0]): Promise<void> {
  const { code, output } = await finished(child);
  for (const line of output.split('\n').filter(Boolean)) log(line);
  if (code !== 0) throw new Error(`Postgres could not be set up (${what}): ${lastLines(output)}`);
}

async function keptPassword(dataDir: string): Promise<string | undefined> {
  const kept = (await readFile(`${dataDir}.password`, 'utf8').catch(unlessMissing))?.trim() ?? '';
  return /^[0-9a-f]{48}$/.test(kept) ? kept : undefined;
}

async function keepPassword(dataDir: string, password: string): Promise<void> {
  if ((await keptPassword(dataDir)) === password) return;
  await writeFile(`${dataDir}.password.new`, `${password}\n`, { mode: 0o600 });
  await rename(`${dataDir}.password.new`, `${dataDir}.password`);
}

function checkVersion(dataDir: string, data: string, program: string): void {
  if (program.includes(` ${data}.`) || program.endsWith(` ${data}`)) return;
  throw new Error(
    `The data in ${dataDir} was written by Postgres ${data}, but this is ${program}: use another folder.`,
  );
}

async function refuseForeignFolder(dataDir: string): Promise<void> {
  const entries = await readdir(dataDir).catch(unlessMissing);
  if (entries && entries.length > 0) {
    throw new Error(`${dataDir} is not empty and holds no Postgres data: empty it or choose another folder.`);
  }
}

async function removeUnfinished(dataDir: string): Promise<void> {
  const prefix = `${basename(dataDir)}.unfinished-`;
  for (const name of await readdir(dirname(dataDir))) {
    if (!name.startsWith(prefix)) continue;
    await rm(join(dirname(dataDir), name), { recursive: true, force: true, maxRetries: 5 }).catch(() => undefined);
  }
}

/** A file that is there but closed to us is somebody else's: not a reason to make a new one. */
function unlessMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  await handle.sync().finally(() => handle.close());
}

export function lastLines(output: string): string {
  return output.trim().split('\n').slice(-3).join(' ');
}
