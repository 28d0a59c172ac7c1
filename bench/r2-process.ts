import { fork } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** An R2 of a bench in a process of its own (r2-sink.ts). */
export interface Sink {
  /** host:port */
  address: string;
  /** Forgets and deletes all objects. */
  clear(): Promise<void>;
  /** Ends it; its objects are deleted. */
  close(): Promise<void>;
}

export async function openSink(dataDir: string): Promise<Sink> {
  const folder = await mkdtemp(join(dataDir, 'sink-'));
  const child = fork(fileURLToPath(new URL('./r2-sink.ts', import.meta.url)), [folder], { execArgv: [] });
  const said = <T>() =>
    new Promise<T>((done, fail) => {
      const ended = (code: number | null) => fail(new Error(`the R2 process ended with ${code}`));
      child.once('exit', ended);
      child.once('message', (message) => {
        child.removeListener('exit', ended);
        done(message as T);
      });
    });
  const address = `127.0.0.1:${await said<number>()}`;
  return {
    address,
    clear: async () => {
      child.send('clear');
      await said();
    },
    close: async () => {
      if (child.connected) child.disconnect();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
