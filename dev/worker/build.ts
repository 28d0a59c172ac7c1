import { execFile } from 'node:child_process';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const ROOT = join(import.meta.dirname, '..', '..');

/**
 * Bundles the Worker exactly as a deployment would (`wrangler deploy --dry-run`).
 * @param root of the tree it is bundled from, with packages and wrangler.toml
 * @returns the script
 */
export async function buildWorker(outDir: string, root = ROOT): Promise<string> {
  await mkdir(outDir, { recursive: true });
  const wrangler = join(root, 'node_modules', 'wrangler', 'bin', 'wrangler.js');
  const env = { ...process.env, WRANGLER_SEND_METRICS: 'false', CLOUDFLARE_CF_FETCH_ENABLED: 'false', CI: 'true' };
  const args = [wrangler, 'deploy', '--dry-run', '--outdir', outDir, '--config', join(root, 'wrangler.toml'), '--env='];
  try {
    await promisify(execFile)(process.execPath, args, { cwd: root, env });
  } catch (error) {
    const { stderr, stdout } = error as { stderr?: string; stdout?: string };
    throw new Error(`The Worker does not build: ${(stderr || stdout || String(error)).trim()}`);
  }
  return readFile(join(outDir, 'index.js'), 'utf8');
}
