import { closeSync, fstatSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const LIMIT_BYTES = 5_000_000;

/** What a log is kept in, the older part first. */
export const logFiles = (dataDir: string, name: string): [older: string, newer: string] => [
  join(dataDir, 'logs', `${name}.old.log`),
  join(dataDir, 'logs', `${name}.log`),
];

/**
 * Appends lines to logs/<name>.log. One grown to `limit` bytes becomes the older part, and the older part before it goes. A full disk
 * loses lines, nothing else.
 */
export function openLog(dataDir: string, name: string, limit = LIMIT_BYTES): (line: string) => void {
  const [older, file] = logFiles(dataDir, name);
  mkdirSync(join(dataDir, 'logs'), { recursive: true });
  let fd = openSync(file, 'a');
  let size = fstatSync(fd).size;
  return (line) => {
    try {
      if (size >= limit) {
        renameSync(file, older);
        const full = fd;
        fd = openSync(file, 'a');
        closeSync(full);
        size = 0;
      }
      size += writeSync(fd, `${new Date().toISOString()} ${line.trimEnd()}\n`);
    } catch {
      // There is nowhere to say so.
    }
  };
}
