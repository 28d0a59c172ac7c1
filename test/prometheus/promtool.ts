import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe, it } from 'vitest';

const WANTED = ['promtool', 'prometheus'];

const isOnPath = (name: string) =>
  (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });

/**
 * Tests that need Debian's package: no registry of packages has Prometheus. Without it they are skipped, and that is said; with
 * REQUIRE_PROMETHEUS=1 they fail.
 */
export function describeWithPrometheus(name: string, tests: () => void): void {
  const missing = WANTED.filter((each) => !isOnPath(each));
  const says = `not checked here: ${missing.join(' and ')} ${missing.length > 1 ? 'are' : 'is'} not installed (apt-get install prometheus)`;
  if (missing.length === 0) describe(name, tests);
  else if (process.env.REQUIRE_PROMETHEUS === '1')
    describe(name, () => {
      it('finds Prometheus', () => {
        throw new Error(says);
      });
    });
  else {
    console.log(`${name}: ${says}`);
    describe.skip(name, tests);
  }
}

export interface Ran {
  code: number | null;
  /** Of both streams. */
  output: string;
}

export function promtool(args: string[], stdin = ''): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn('promtool', args, { stdio: 'pipe' });
    let output = '';
    child.stdout.on('data', (data) => {
      output += data;
    });
    child.stderr.on('data', (data) => {
      output += data;
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, output }));
    // It may have found a mistake, and gone, before it has read everything.
    child.stdin.on('error', () => undefined);
    child.stdin.end(stdin);
  });
}
