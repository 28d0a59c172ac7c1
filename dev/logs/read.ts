import { closeSync, existsSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const CHUNK = 64 * 1024;
const POLL_MS = 200;

/** Lines of one open file, as far as it goes now; a line that is not whole yet waits. */
class OpenFile {
  readonly #fd: number;
  readonly #buffer = Buffer.alloc(CHUNK);
  readonly #decoder = new TextDecoder();
  #rest = '';

  constructor(file: string) {
    this.#fd = openSync(file, 'r');
  }

  *lines(): Generator<string> {
    for (let size = this.#read(); size > 0; size = this.#read()) {
      const text = this.#rest + this.#decoder.decode(this.#buffer.subarray(0, size), { stream: true });
      const lines = text.split('\n');
      this.#rest = lines.pop() ?? '';
      yield* lines;
    }
  }

  #read(): number {
    return readSync(this.#fd, this.#buffer);
  }

  /** The file of that name is another one now. */
  isReplacedBy(file: string): boolean {
    return existsSync(file) && statSync(file).ino !== fstatSync(this.#fd).ino;
  }

  close(): void {
    closeSync(this.#fd);
  }
}

/** Every line of these files, in their order; with `follow`, also what is added to the last one, until `signal`. */
export async function* readLines(
  files: readonly string[],
  { follow, signal }: { follow: boolean; signal?: AbortSignal },
): AsyncGenerator<string> {
  const last = files.at(-1) ?? '';
  for (const file of files) {
    if (!existsSync(file)) continue;
    let open = new OpenFile(file);
    yield* open.lines();
    while (follow && file === last && !signal?.aborted) {
      await sleep(POLL_MS);
      const isReplaced = open.isReplacedBy(file);
      yield* open.lines();
      if (!isReplaced) continue;
      open.close();
      open = new OpenFile(file);
    }
    open.close();
  }
}
