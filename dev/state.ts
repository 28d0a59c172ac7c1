/** What a start finds and keeps on this machine: the data folder, who is using it, its secrets, its logs, and free ports. */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { startedAt } from './children.ts';
import { listenError } from './ports.ts';

/** Something the person starting Steward can put right; the message is one line and says how. */
export class Refusal extends Error {
  readonly exitCode: number;
  constructor(message: string, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? '';

/** The one line for an error of the file system or of a part that met one; undefined when it is something else. */
export function explain(error: unknown, dataDir: string): string | undefined {
  const text = `${codeOf(error)} ${error instanceof Error ? error.message : ''}`;
  if (/ENOSPC|No space left/.test(text)) return `The disk holding ${dataDir} is full: free some space and start again.`;
  if (/EACCES|EPERM|EROFS|ENOTDIR|ENOENT/.test(codeOf(error))) {
    return `Cannot write to ${dataDir} (${codeOf(error)}): run as its owner, or use another folder (npm start -- --data FOLDER).`;
  }
  return undefined;
}

export interface Lock {
  /** The run that held the lock before and ended without releasing it. */
  abandoned: { run: string; pid: number } | null;
  release(): void;
}

/**
 * One start per data folder. The lock is a folder holding one empty file, named after its owner: taking it and taking it over
 * from a dead owner are one rename each, so of two starting together exactly one wins.
 */
export function takeLock(dataDir: string, run: string): Lock {
  const folder = join(dataDir, 'lock');
  // The start time tells the owner from a later process that was given the same pid.
  const mine = `${process.pid}.${run}.${encodeURIComponent(startedAt(process.pid) ?? '')}`;
  const draft = `${folder}.${run}`;
  mkdirSync(draft, { recursive: true });
  writeFileSync(join(draft, mine), '');
  const release = (): void => rmSync(join(folder, mine), { force: true });
  try {
    renameSync(draft, folder);
    return { abandoned: null, release };
  } catch (error) {
    if (codeOf(error) !== 'ENOTEMPTY' && codeOf(error) !== 'EEXIST') throw error;
    return { abandoned: takeOver(folder, mine), release };
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

function takeOver(folder: string, mine: string): { run: string; pid: number } {
  const owner = readdirSync(folder)[0] ?? '';
  const [pid = '', run = '', started = ''] = owner.split('.');
  const who = pid ? ` (pid ${pid})` : '';
  const refusal = new Refusal(
    `Steward is already running here${who}: stop it, or use another folder (npm start -- --data FOLDER --port N)`,
  );
  if (!run || encodeURIComponent(startedAt(Number(pid)) ?? 'gone') === started) throw refusal;
  try {
    renameSync(join(folder, owner), join(folder, mine));
  } catch {
    throw refusal;
  }
  return { run, pid: Number(pid) };
}

const OURS = 'steward-data';

/** Makes the folder, and refuses one that holds somebody's other files: `--fresh` is going to empty it one day. */
export function openData(dataDir: string): void {
  if (!existsSync(dirname(dataDir))) throw new Refusal(`Cannot make ${dataDir}: the folder above it does not exist.`);
  if (!existsSync(dataDir)) mkdirSync(dataDir);
  if (!existsSync(join(dataDir, OURS)) && readdirSync(dataDir).length > 0) {
    throw new Refusal(`${dataDir} holds files that are not Steward's: name a new or an empty folder.`);
  }
  writeFileSync(join(dataDir, OURS), 'Everything here belongs to Steward; npm start -- --fresh empties this folder.\n');
}

/** Removes everything but the lock, which is ours. */
export function clearData(dataDir: string): void {
  openData(dataDir);
  for (const name of readdirSync(dataDir)) {
    if (name !== 'lock' && name !== OURS) rmSync(join(dataDir, name), { recursive: true, force: true });
  }
}

/**
 * A first start takes several seconds to create its stores. Until `markReady` is called what lies there is the remains of an
 * interrupted one: nobody's data, and perhaps half a database.
 */
export function isUnfinished(dataDir: string): boolean {
  return existsSync(join(dataDir, 'secrets.json')) && !isReady(dataDir);
}

/** Whether a start has ever got as far as being of use here. */
export function isReady(dataDir: string): boolean {
  return existsSync(join(dataDir, 'ready'));
}

export function markReady(dataDir: string): void {
  writeFileSync(join(dataDir, 'ready'), '');
}

export interface Secrets {
  rolePasswords: { api: string; exporter: string; drainer: string };
  clickhouse: { admin: string; reader: string; writer: string; keeper: string };
  linkKeys: string;
  cookieKeys: string;
  notifyKeys: string;
}

/**
 * Made once and kept: signed links and open sessions survive a restart. What a newer version needs is added, and a file broken by
 * a crash is made anew.
 */
export function loadSecrets(dataDir: string): Secrets {
  const file = join(dataDir, 'secrets.json');
  const kept = keptSecrets(file);
  const random = (): string => randomBytes(32).toString('base64url');
  const keys = (): string => JSON.stringify({ k1: randomBytes(32).toString('base64') });
  const secrets: Secrets = {
    rolePasswords: { api: random(), exporter: random(), drainer: random(), ...kept.rolePasswords },
    clickhouse: { admin: random(), reader: random(), writer: random(), keeper: random(), ...kept.clickhouse },
    linkKeys: kept.linkKeys ?? keys(),
    cookieKeys: kept.cookieKeys ?? keys(),
    notifyKeys: kept.notifyKeys ?? keys(),
  };
  writeFileSync(`${file}.new`, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
  return secrets;
}

function keptSecrets(file: string): Partial<Secrets> {
  try {
    return (JSON.parse(readFileSync(file, 'utf8')) as Partial<Secrets> | null) ?? {};
  } catch (error) {
    if (codeOf(error) !== 'ENOENT' && !(error instanceof SyntaxError)) throw error;
    return {};
  }
}

/** Refuses, naming the port and one that is free, when the port wanted by `option` cannot be used. */
export async function requirePort(port: number, option = '--port'): Promise<void> {
  const code = await listenError(port);
  if (code === null) return;
  let other = port < 1024 ? 3001 : port + 10;
  while (other < 65_000 && (await listenError(other)) !== null) other += 10;
  const why = code === 'EACCES' ? `Port ${port} needs special rights` : `Port ${port} is in use by another program`;
  throw new Refusal(`${why}: start on another one with npm start -- ${option} ${other}`);
}
