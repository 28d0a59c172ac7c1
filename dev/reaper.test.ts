import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { startedAt } from './children.ts';

const DEV = fileURLToPath(new URL('.', import.meta.url));
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(20);
}

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
