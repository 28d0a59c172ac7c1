import { createReadStream, createWriteStream } from 'node:fs';
import { access, mkdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { createBrotliDecompress } from 'node:zlib';
import { type Browser, chromium } from 'playwright-core';

const FLAGS = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-dev-shm-usage'],
];
const SYSTEM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const PACKAGE = fileURLToPath(new URL('../', import.meta.resolve('@sparticuz/chromium')));
const CACHE = join(import.meta.dirname, '..', 'node_modules', '.cache', 'chromium');

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );

/**
 * Chromium's headless shell of the npm package, the same version for everybody, and cheaper than the whole browser: a window of it is no
 * profile with everything a person's has. Unpacked once, whoever else is at it.
 */
async function shell(): Promise<string> {
  const { version } = JSON.parse(await readFile(join(PACKAGE, 'package.json'), 'utf8')) as { version: string };
  const path = join(CACHE, `headless-shell-${version}`);
  if (await exists(path)) return path;
  await mkdir(CACHE, { recursive: true });
  const part = `${path}.${process.pid}`;
  const packed = createReadStream(join(PACKAGE, 'bin', 'chromium.br'));
  await pipeline(packed, createBrotliDecompress(), createWriteStream(part, { mode: 0o755 }));
  await rename(part, path);
  return path;
}

/**
 * The Chromium that CHROMIUM_PATH names; without that, the npm package's or, where libraries are missing for it, the system's.
 * @throws Error what kept each from starting
 */
export async function launchBrowser(): Promise<Browser> {
  const { CHROMIUM_PATH: named } = process.env;
  const candidates = named ? [named] : [await shell(), ...SYSTEM];
  const failures: string[] = [];
  for (const executablePath of candidates) {
    if (!(await exists(executablePath))) continue;
    try {
      return await chromium.launch({ executablePath, args: FLAGS });
    } catch (error) {
      failures.push(`${executablePath}: ${error instanceof Error ? error.message : error}`);
    }
  }
  throw new Error(
    `No Chromium starts. Install your system’s (Debian: apt-get install chromium), or name one by CHROMIUM_PATH. ${failures.join('\n')}`,
  );
}
