// Puts the fonts of PDF exports where the Worker's static assets are read from, out of their npm packages: 18 MB that need not be
// in the repository. Runs after dev/install.mjs, is silent when all are there, and replaces what another version left.
import { copyFileSync, existsSync, mkdirSync, renameSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(process.argv[2] ?? join(dirname(fileURLToPath(import.meta.url)), '..'));
const packages = join(root, 'node_modules', '@expo-google-fonts');
const folder = join(root, 'web-admin', 'public', 'fonts');

/** Names as domain/exports/documents/fonts.ts has them; the Open Font License asks that its text goes with each. */
const FILES = {
  'NotoSans-Regular.ttf': 'noto-sans/400Regular/NotoSans_400Regular.ttf',
  'NotoSans-SemiBold.ttf': 'noto-sans/600SemiBold/NotoSans_600SemiBold.ttf',
  'NotoSans-LICENSE.txt': 'noto-sans/LICENSE_FONT',
  'NotoSansSC-Regular.ttf': 'noto-sans-sc/400Regular/NotoSansSC_400Regular.ttf',
  'NotoSansSC-LICENSE.txt': 'noto-sans-sc/LICENSE_FONT',
  'NotoSansKR-Regular.ttf': 'noto-sans-kr/400Regular/NotoSansKR_400Regular.ttf',
  'NotoSansKR-LICENSE.txt': 'noto-sans-kr/LICENSE_FONT',
};

const sameSize = (from, to) => existsSync(to) && statSync(to).size === statSync(from).size;

try {
  mkdirSync(folder, { recursive: true });
  for (const [name, path] of Object.entries(FILES)) {
    const from = join(packages, path);
    const to = join(folder, name);
    if (sameSize(from, to)) continue;
    // Copied beside and renamed: whoever starts at the same time never reads half a font.
    const draft = `${to}.${process.pid}`;
    copyFileSync(from, draft);
    renameSync(draft, to);
  }
} catch (error) {
  console.error(`The fonts of PDF exports cannot be put into ${folder}: ${error.message}`);
  process.exitCode = 1;
}
