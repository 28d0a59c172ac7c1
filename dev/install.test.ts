import { execFile } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { folder } from './test-folder.ts';

const DEV = fileURLToPath(new URL('.', import.meta.url));
const run = promisify(execFile);

describe('install.mjs', () => {
  const lock = (version: string) => ({
    packages: { '': {}, 'node_modules/left': { version, integrity: `sha-${version}` } },
  });

  /** A project whose npm installs what the lockfile asks for, or fails as told. */
  function project(npm: string): string {
    const root = folder();
    mkdirSync(join(root, 'dev'));
    mkdirSync(join(root, 'bin'));
    cpSync(join(DEV, 'install.mjs'), join(root, 'dev', 'install.mjs'));
    writeFileSync(join(root, 'package-lock.json'), JSON.stringify(lock('1.0.0')));
    writeFileSync(join(root, 'bin', 'npm'), `#!/bin/sh\necho "$@" >> ${root}/calls\n${npm}\n`);
    chmodSync(join(root, 'bin', 'npm'), 0o755);
    return root;
  }

  const installs = 'mkdir -p node_modules/left && sleep 0.3 && cp package-lock.json node_modules/.package-lock.json';
  const calls = (root: string): string[] => readFileSync(join(root, 'calls'), 'utf8').trim().split('\n');
  const install = (root: string) => {
    const env = { ...process.env, PATH: `${root}/bin:${process.env.PATH}` };
    return run(process.execPath, [join(root, 'dev', 'install.mjs')], { env }).catch((error: unknown) => {
      return error as { stdout: string; stderr: string; code: number };
    });
  };

  it('installs once, says so, and is silent when all is current', async () => {
    const root = project(installs);
    expect((await install(root)).stdout).toMatch(
      /^Installing dependencies.*\nDependencies installed in \d+\.\d s\.\n$/,
    );
    expect(await install(root)).toMatchObject({ stdout: '', stderr: '' });
    expect(calls(root)).toHaveLength(1);
    expect(calls(root)[0]).toContain('install --no-save --loglevel=error --no-audit --no-fund');
    expect(existsSync(join(root, 'node_modules', '.steward-install'))).toBe(false);
  });

  it('installs again when the lockfile changed or a package is missing', async () => {
    const root = project(installs);
    await install(root);
    writeFileSync(join(root, 'package-lock.json'), JSON.stringify(lock('1.0.1')));
    await install(root);
    rmSync(join(root, 'node_modules', 'left'), { recursive: true });
    await install(root);
    expect(calls(root)).toHaveLength(3);
  });

  it('lets the second of two wait for the first', async () => {
    const root = project(installs);
    const both = await Promise.all([install(root), install(root)]);
    expect(both.map(({ stderr }) => stderr)).toEqual(['', '']);
    expect(calls(root)).toHaveLength(1);
  });

  it('takes over the lock of an install that was killed', async () => {
    const root = project(installs);
    mkdirSync(join(root, 'node_modules', '.steward-install'), { recursive: true });
    writeFileSync(join(root, 'node_modules', '.steward-install', `owner.${process.pid}.1`), '');
    expect((await install(root)).stdout).toContain('Dependencies installed');
  });

  it.each([
    ['npm error code ENOTFOUND', /^The npm registry cannot be reached/],
    ['npm error code ENOSPC', /^The disk is full/],
    ['npm error code EACCES', /^No permission to write/],
    ['npm error 404 Not Found - left', /^npm install failed \(exit 1\): npm error 404 Not Found - left\./],
  ])('explains "%s" in one line', async (said, expected) => {
    const failed = await install(project(`echo "${said}" >&2; exit 1`));
    expect(failed).toMatchObject({ code: 1 });
    expect(failed.stderr.trim()).toMatch(expected);
    expect(failed.stderr.trim().split('\n')).toHaveLength(1);
  });
});
