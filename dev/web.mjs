// Builds the admin UI into web-admin/dist, where the Worker's static assets are read from, when something of it is newer than what was
// built. Runs after dev/install.mjs and dev/fonts.mjs, and is silent when there is nothing to do.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(process.argv[2] ?? join(dirname(fileURLToPath(import.meta.url)), '..'));
const source = join(root, 'web-admin');
const built = join(source, 'dist');
const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js');
/** Where the packages' versions are, and what the forms take from the domain. */
const ALSO = ['package-lock.json', 'domain'];

function newest(path) {
  if (!existsSync(path)) return 0;
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  const inside = readdirSync(path).filter((name) => path !== source || !name.startsWith('dist'));
  // The folder's own time tells of a file that is gone; that of the UI's own folder, of what is built in it.
  return Math.max(path === source ? 0 : stat.mtimeMs, ...inside.map((name) => newest(join(path, name))));
}

/** Built beside and renamed: whoever starts at the same time never reads half a page. */
function build() {
  const draft = `${built}.${process.pid}`;
  const old = `${draft}.old`;
  const own = join(root, 'node_modules', '.bin', 'node');
  const node = existsSync(own) ? own : process.execPath;
  const { status, stdout, stderr } = spawnSync(node, [vite, 'build', source, '--outDir', draft, '--logLevel', 'warn'], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${stderr}${stdout}`.trim());
  mkdirSync(built, { recursive: true });
  renameSync(built, old);
  renameSync(draft, built);
  rmSync(old, { recursive: true, force: true });
}

try {
  const page = join(built, 'index.html');
  const wanted = Math.max(newest(source), ...ALSO.map((path) => newest(join(root, path))));
  if (!existsSync(page) || statSync(page).mtimeMs < wanted) build();
} catch (error) {
  console.error(`The admin UI does not build: ${error.message}`);
  process.exitCode = 1;
}
