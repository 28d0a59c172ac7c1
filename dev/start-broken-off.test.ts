import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { freePort } from './ports.ts';
import { LINUX, leaveNothing, nobody, ours, Start } from './start-testing.ts';

describe.skipIf(!LINUX)('npm start with the real engines, broken off', { timeout: 120_000 }, () => {
  leaveNothing();

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
});
