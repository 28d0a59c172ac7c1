import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Pids of this process's children whose program is `name`. */
export async function childNamed(name: string): Promise<number[]> {
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
