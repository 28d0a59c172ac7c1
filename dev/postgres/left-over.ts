import { execFile } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Passed to the postmaster as a setting, so that a later start can tell who watches over it. */
export const SUPERVISOR_SETTING = 'steward.supervisor';

interface Running {
  parent: number;
  zombie: boolean;
  command: string;
}

/**
 * Stops a postmaster that outlived the process which started it, so that the folder can be started again.
 * Refuses when that process is still there: it would find its database gone.
 */
export async function stopLeftOver(dataDir: string): Promise<void> {
  const file = join(dataDir, 'postmaster.pid');
  const [pidLine, folder] = (await readFile(file, 'utf8').catch(() => '')).split('\n');
  const pid = Number(pidLine);
  const running = pid > 0 ? await describe(pid) : undefined;
  if (!running) return;
  if (running.zombie || !isPostmasterOf(running, folder ?? '')) {
    // The id belongs to somebody else by now (a reboot). Postgres would take them for a postmaster and refuse; the
    // shared memory check it makes as well still protects the data.
    await rm(file, { force: true });
    return;
  }
  const supervisor = new RegExp(`${SUPERVISOR_SETTING}=(\\d+)`).exec(running.command)?.[1];
  if (Number(supervisor) === running.parent) {
    throw new Error(`The Postgres in ${dataDir} is in use by process ${running.parent}: stop that process first.`);
  }
  await stopByPid(pid);
}

function isPostmasterOf(running: Running, folder: string): boolean {
  const program = basename(running.command.split(' -D ')[0] ?? '');
  return program === 'postgres' && running.command.includes(` -D ${folder} `);
}

async function stopByPid(pid: number): Promise<void> {
  for (const signal of ['SIGINT', 'SIGQUIT', 'SIGKILL'] as const) {
    try {
      process.kill(pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ESRCH') return;
      throw error;
    }
    for (let waited = 0; waited < 10_000; waited += 50) {
      const still = await describe(pid);
      if (!still || still.zombie) return;
      await sleep(50);
    }
  }
  throw new Error(`An old Postgres (process ${pid}) does not stop: end it, then start again.`);
}

async function describe(pid: number): Promise<Running | undefined> {
  if (process.platform !== 'linux') return describeByPs(pid);
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    const command = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0').join(' ');
    // The name, in brackets, may itself hold brackets and spaces.
    const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { parent: Number(parent), zombie: state === 'Z', command };
  } catch {
    return undefined;
  }
}

function describeByPs(pid: number): Promise<Running | undefined> {
  return new Promise((resolve) => {
    execFile('ps', ['-ww', '-o', 'stat=,ppid=,command=', '-p', String(pid)], (error, stdout) => {
      const match = error ? null : /^\s*(\S+)\s+(\d+)\s+(.*)$/m.exec(stdout);
      const [, state = '', parent, command = ''] = match ?? [];
      resolve(match ? { parent: Number(parent), zombie: state.startsWith('Z'), command } : undefined);
    });
  });
}
