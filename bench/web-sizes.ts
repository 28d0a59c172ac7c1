import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Figure } from './figure.ts';

const DIST = join(import.meta.dirname, '..', 'web-admin', 'dist');
const JS_KB = 180;
const CSS_KB = 40;

interface Chunk {
  file: string;
  imports?: string[];
  css?: string[];
}
type Manifest = Record<string, Chunk>;

/** What a chunk cannot do without, itself among it: files of scripts and of styles. */
function neededBy(manifest: Manifest, name: string, files = new Set<string>()): Set<string> {
  const chunk = manifest[name];
  if (!chunk) throw new Error(`the build has no ${name}`);
  if (files.has(chunk.file)) return files;
  for (const file of [chunk.file, ...(chunk.css ?? [])]) files.add(file);
  for (const each of chunk.imports ?? []) neededBy(manifest, each, files);
  return files;
}

/** Kilobytes (1,000 bytes) after gzip, as a server sends them. */
export const gzipKb = async (file: string): Promise<number> => gzipSync(await readFile(join(DIST, file))).length / 1000;

async function kb(files: Iterable<string>, ending: string): Promise<number> {
  const sizes = await Promise.all([...files].filter((file) => file.endsWith(ending)).map(gzipKb));
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** The pages, each a chunk of its own that is fetched when somebody goes there. */
const isPage = (name: string) => /^pages\/.*-page\.tsx$/.test(name);

/** What every page loads first, and what each route adds to it. */
export async function measureSizes(): Promise<Figure[]> {
  const manifest = JSON.parse(await readFile(join(DIST, '.vite', 'manifest.json'), 'utf8')) as Manifest;
  const first = neededBy(manifest, 'index.html');
  neededBy(manifest, 'i18n/en/shell.ts', first);
  const size = (figure: string, value: number, limit: number, limitIs: string, note = ''): Figure => {
    return { figure, value, unit: 'kB gz', limit, limitIs, runs: 1, note };
  };
  const figures = [
    size(
      'first_load.js_kb_gz',
      await kb(first, '.js'),
      JS_KB,
      'the budget',
      'shared by all pages, before any is drawn',
    ),
    size('first_load.css_kb_gz', await kb(first, '.css'), CSS_KB, 'the budget'),
  ];
  for (const name of Object.keys(manifest).filter(isPage).toSorted()) {
    const own = [...neededBy(manifest, name)].filter((file) => !first.has(file));
    const page = name.slice('pages/'.length, -'.tsx'.length);
    figures.push(
      size(`route.${page}.js_kb_gz`, await kb(own, '.js'), JS_KB, 'the budget of the first load', 'besides it'),
    );
  }
  return figures;
}
