import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

/** Pids of this process's children whose program is `name`. */
export const childNamed = (name: string): Promise<number[]> => childOfLinux(name).catch(() => childOfAny(name));

/** Out of /proc: to begin another program costs a process as large as a test's tens of milliseconds. */
async function childOfLinux(name: string): Promise<number[]> {
  const threads = await readdir('/proc/self/task');
  const begotten = await Promise.all(threads.map((thread) => readFile(`/proc/self/task/${thread}/children`, 'utf8')));
  const children = begotten.flatMap((line) => line.split(' ').filter(Boolean).map(Number));
  const programs = await Promise.all(
    children.map((pid) =>
      readFile(`/proc/${pid}/comm`, 'utf8').then(
        (text) => text.trim(),
        () => '',
      ),
    ),
  );
  return children.filter((_, n) => programs[n]?.endsWith(name));
}

async function childOfAny(name: string): Promise<number[]> {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pid=,ppid=,comm=']);
  return stdout.split('\n').flatMap((line) => {
    const [pid, parent, ...program] = line.trim().split(/\s+/);
    return Number(parent) === process.pid && program.join(' ').endsWith(name) ? [Number(pid)] : [];
  });
}

const POLL_MS = 250;

/** Resolves when the process is gone. Miniflare does not say, so it is asked for. */
export function ended(pid: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setInterval(() => {
      try {
        process.kill(pid, 0);
      } catch {
        clearInterval(timer);
        resolve();
      }
    }, POLL_MS);
    timer.unref();
  });
}
