import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { freePort } from './state.ts';

const START = fileURLToPath(new URL('start.ts', import.meta.url));
const home = mkdtempSync(join(tmpdir(), 'steward-real-'));
const dataDir = join(home, 'data');
// Every process of a start has this in its PATH, those that get a cleaned environment as well.
const mark = join(home, 'mark');
const started: Start[] = [];

class Start {
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
function ours(): Running[] {
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

function kill(command: RegExp): void {
  const found = ours().find((each) => command.test(each.command));
  if (!found) throw new Error(`No process matches ${command}`);
  process.kill(found.pid, 'SIGKILL');
}

const nobody = async (): Promise<void> => {
  while (ours().length > 0) await sleep(50);
};

async function configOf(vars: Record<string, string>, change?: object): Promise<Record<string, unknown>> {
  const headers = { Authorization: `Bearer ${vars.OWNER}`, 'Content-Type': 'application/json', 'Audit-Reason': 'test' };
  const url = `${vars.API}/v1/admin/services/${vars.SERVICE}/config`;
  const answer = await fetch(url, change ? { method: 'PATCH', headers, body: JSON.stringify(change) } : { headers });
  expect(answer.status).toBe(200);
  return (await answer.json()) as Record<string, unknown>;
}

// Reads /proc to see that nothing is left.
describe.skipIf(process.platform !== 'linux')('npm start with the real engines', { timeout: 120_000 }, () => {
  afterEach(nobody);
  afterAll(async () => {
    for (const { child } of started) child.kill('SIGKILL');
    await nobody();
    rmSync(home, { recursive: true, force: true });
  });

  it('leaves nothing behind after a Ctrl-C at any moment of a first start, nor after kill -9', async () => {
    const moments = Array.from({ length: 6 }, (_, i) => Math.round((i + Math.random()) * 420));
    for (const [i, moment] of moments.entries()) {
      const start = new Start(await freePort());
      await sleep(moment);
      const signal = i % 4 === 3 ? 'SIGKILL' : 'SIGINT';
      const code = await start.exitCode(signal);
      // Before its first line of code runs, a process dies of the signal.
      const told = start.output.includes('Starting');
      expect({ moment, code, output: start.output }).toMatchObject({ code: signal === 'SIGINT' && told ? 0 : code });
      if (signal === 'SIGINT' && told) expect(ours().map(({ command }) => command)).toEqual([]);
      await nobody();
    }
  });

  it('refuses a second start, reports a killed child, keeps data, recovers from kill -9, forgets with --fresh', async () => {
    const port = await freePort();
    const first = new Start(port);
    const changed = await configOf(await first.ready(), { maintenanceMode: true, maintenanceMessage: 'kept?' });
    const second = new Start(await freePort(), '--fresh');
    expect(await second.exitCode()).toBe(1);
    expect(second.output).toMatch(/^Steward is already running here \(pid \d+\): .*\n$/);
    kill(/bin\/postgres -D/);
    expect(await first.exitCode()).toBe(1);
    expect(first.output).toMatch(/Postgres ended by itself \(killed by SIGKILL\): everything else is stopped.*\n$/);
    expect(ours()).toEqual([]);

    const again = new Start(port);
    expect(await configOf(await again.ready())).toEqual(changed);
    await again.exitCode('SIGKILL');

    const fresh = new Start(port, '--fresh');
    expect(await configOf(await fresh.ready())).toMatchObject({ maintenanceMode: false, version: 1 });
    expect(fresh.output).toMatch(/^The start before this one \(pid \d+\) was killed/);
    kill(/workerd serve/);
    expect(await fresh.exitCode()).toBe(1);
    expect(fresh.output).toMatch(/Worker ended by itself .*: everything else is stopped.*\n$/);
  });
});
