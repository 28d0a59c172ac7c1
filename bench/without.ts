import { access, copyFile, cp, mkdir, mkdtemp, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { buildWorker } from '../dev/worker/build.ts';

const ROOT = join(import.meta.dirname, '..');
const REPLACEMENTS = join(import.meta.dirname, 'workers', 'without');

/** What a bundle is made of. */
const SOURCES = [
  ...['workers', 'domain', 'durable-objects', 'queues', 'drizzle', 'clickhouse', 'web-admin'],
  ...['package.json', 'tsconfig.json', 'wrangler.toml'],
];
/** Where a file of bench/workers/without belongs. */
const PLACES = {
  'meter.ts': 'domain/observability/meter.ts',
  'traced-stores.ts': 'domain/traced-stores.ts',
  'request-log.ts': 'workers/middleware/request-log.ts',
} as const;
export type Replaced = keyof typeof PLACES;

/** Steward's script, bundled as a deployment does it, from a copy of the tree in which some files are replaced by ones that do nothing. */
export async function buildWithout(dataDir: string, replaced: readonly Replaced[]): Promise<string> {
  const folder = await mkdtemp(join(dataDir, 'without-'));
  const tree = join(folder, 'tree');
  await mkdir(tree);
  for (const source of SOURCES) await cp(join(ROOT, source), join(tree, source), { recursive: true });
  await symlink(join(ROOT, 'node_modules'), join(tree, 'node_modules'));
  for (const name of replaced) {
    const place = join(tree, PLACES[name]);
    // One that has moved would be left as it is, and what it costs measured as nothing.
    await access(place);
    await copyFile(join(REPLACEMENTS, name), place);
  }
  return buildWorker(join(folder, 'build'), tree);
}
