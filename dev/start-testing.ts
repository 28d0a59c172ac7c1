import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach } from 'vitest';

const START = fileURLToPath(new URL('start.ts', import.meta.url));
const home = mkdtempSync(join(tmpdir(), 'steward-real-'));
const dataDir = join(home, 'data');
// Every process of a start has this in its PATH, those that get a cleaned environment as well.
const mark = join(home, 'mark');
const started: Start[] = [];

/** One `npm start` with the real engines. */
export class Start {
  output = '';
  readonly child: ChildProcess;
  readonly ended: Promise<unknown[]>;

  constructor(port: number, ...more: string[]) {
    const env = { ...process.env, PATH: `${process.env.PATH}:${mark}`, NO_COLOR: '1' };
    this.child = spawn(process.execPath, [START, '--port', String(port), '--data', dataDir, ...more], { env });
    this.ended = once(this.child, 'close');
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.output += text;
      });
    }
    started.push(this);
  }

  /** Until the summary is out; its exports by name. */
  async ready(): Promise<Record<string, string>> {
    while (!this.output.includes('Saved as audit.csv')) {
      if (this.child.exitCode !== null) throw new Error(`It ended early: ${this.output}`);
      await sleep(50);
    }
    return Object.fromEntries(
      [...this.output.matchAll(/^export (\w+)='(.*)'$/gm)].map(([, name, value]) => [name, value]),
    );
  }

  async exitCode(signal?: NodeJS.Signals): Promise<unknown> {
    if (signal) this.child.kill(signal);
    const [code] = await this.ended;
    return code;
  }
}

interface Running {
  pid: number;
  command: string;
}

/** Every live process that stems from one of our starts. */
export function ours(): Running[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      if (!readFileSync(`/proc/${name}/environ`, 'utf8').includes(mark)) return [];
      const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ');
      return command ? [{ pid: Number(name), command }] : [];
    } catch {
      return [];
    }
  });
}

export function kill(command: RegExp): void {
  const found = ours().find((each) => command.test(each.command));
  if (!found) throw new Error(`No process matches ${command}`);
  process.kill(found.pid, 'SIGKILL');
}

export const nobody = async (): Promise<void> => {
  while (ours().length > 0) await sleep(50);
};

/** Nothing may be left: neither after a test nor, whatever happened, after all of them. */
export function leaveNothing(): void {
  afterEach(nobody);
  afterAll(async () => {
    for (const { child } of started) child.kill('SIGKILL');
    await nobody();
    rmSync(home, { recursive: true, force: true });
  });
}

// Reads /proc to see that nothing is left.
export const LINUX = process.platform === 'linux';
