// Runs before `npm start` and `npm test`, under whatever Node the machine has: makes a fresh clone work with one command,
// and is silent when there is nothing to do. `npm ci` is no option: it refuses a lockfile some of whose packages for other
// platforms could not be resolved when it was made, where `npm install --no-save` honours the same file.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(process.argv[2] ?? join(dirname(fileURLToPath(import.meta.url)), '..'));
const modules = join(root, 'node_modules');
const lock = join(modules, '.steward-install');
// --include: NODE_ENV=production or an `omit` in somebody's .npmrc would leave out what `npm start` needs.
const NPM = 'install --no-save --loglevel=error --no-audit --no-fund --include=dev --include=optional'.split(' ');

class Refusal extends Error {}

function readPackages(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages ?? {};
  } catch (error) {
    if (error.code === 'ENOENT') return null;
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}

/** npm writes node_modules/.package-lock.json last, so it tells an interrupted install from a finished one. */
function isCurrent() {
  const wanted = readPackages(join(root, 'package-lock.json'));
  if (!wanted) throw new Refusal('package-lock.json is missing: restore it with "git checkout package-lock.json".');
  const installed = readPackages(join(modules, '.package-lock.json'));
  if (!installed) return false;
  return Object.entries(wanted).every(([path, want]) => {
    if (path === '' || want.link) return true;
    const have = installed[path];
    if (!have) return Boolean(want.optional);
    return have.version === want.version && have.integrity === want.integrity && existsSync(join(root, path));
  });
}

/** The process's start time, or null when it is gone: a process id alone may have been given to another process since. */
function startedAt(pid) {
  try {
    if (process.platform !== 'linux') {
      return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' })
        .trim()
        .replace(/\W+/g, '_');
    }
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? null : fields[19];
  } catch {
    return null;
  }
}

const nameOf = (kind, pid) => `${kind}.${pid}.${startedAt(pid)}`;
const isAlive = (name) => startedAt(name.split('.')[1]) === name.split('.')[2];

/**
 * The lock is a folder holding one file named after its owner (and one after the npm it runs, which outlives a killed owner).
 * Both ways of taking it are one rename, so two starting together cannot both win. Returns the holder's pid, or null when ours.
 */
function tryLock() {
  mkdirSync(modules, { recursive: true });
  const mine = nameOf('owner', process.pid);
  const draft = `${lock}.${process.pid}`;
  mkdirSync(draft, { recursive: true });
  writeFileSync(join(draft, mine), '');
  try {
    renameSync(draft, lock);
    return null;
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
  }
  return takeOver(mine);
}

function takeOver(mine) {
  const entries = existsSync(lock) ? readdirSync(lock) : [];
  const holder = entries.find(isAlive);
  if (holder) return holder.split('.')[1];
  const owner = entries.find((name) => name.startsWith('owner.'));
  try {
    if (!owner) return 'unknown';
    renameSync(join(lock, owner), join(lock, mine));
  } catch {
    return 'unknown';
  }
  for (const name of entries) if (name !== owner) rmSync(join(lock, name), { force: true });
  return null;
}

async function waitForLock() {
  for (let told = false; ; await new Promise((done) => setTimeout(done, 200))) {
    const holder = tryLock();
    if (holder === null) return;
    if (!told && holder !== 'unknown') console.log(`Another install is running here (pid ${holder}): waiting for it.`);
    told ||= holder !== 'unknown';
  }
}

function explain(text, exit) {
  if (/ENOSPC/.test(text)) return 'The disk is full: free about 2 GB and run the command again.';
  if (/EACCES|EPERM|EROFS/.test(text))
    return `No permission to write in ${root}: run as the owner of the folder, or copy it.`;
  if (/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ERR_SOCKET_TIMEOUT|network/i.test(text)) {
    return 'The npm registry cannot be reached: check the network (or the proxy of npm) and run the command again.';
  }
  const said = text.split('\n').find((line) => /^npm (error|ERR!)/.test(line)) ?? text.trim().split('\n')[0] ?? '';
  return `npm install failed (exit ${exit})${said ? `: ${said.trim()}` : ''}. Run "npm install --no-save" to see it all.`;
}

function runNpm() {
  return new Promise((done, fail) => {
    const npm = spawn('npm', NPM, { cwd: root, stdio: ['ignore', 'ignore', 'pipe'] });
    if (npm.pid) writeFileSync(join(lock, nameOf('npm', npm.pid)), '');
    let text = '';
    npm.stderr.setEncoding('utf8').on('data', (chunk) => {
      text = (text + chunk).slice(-20_000);
    });
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => npm.kill(signal));
    npm.on('error', () => fail(new Refusal('npm was not found: install Node.js with npm and run the command again.')));
    npm.on('close', (code, signal) => {
      if (code === 0) return done();
      fail(
        new Refusal(
          signal || code === 130 ? 'The install was interrupted: run the command again.' : explain(text, code),
        ),
      );
    });
  });
}

async function install() {
  if (isCurrent()) return;
  await waitForLock();
  try {
    if (isCurrent()) return;
    const began = Date.now();
    console.log('Installing dependencies (once; about half a minute) …');
    await runNpm();
    if (!isCurrent())
      throw new Refusal('npm install ended, but packages are missing: delete node_modules and run the command again.');
    console.log(`Dependencies installed in ${((Date.now() - began) / 1000).toFixed(1)} s.`);
  } finally {
    rmSync(lock, { recursive: true, force: true });
  }
}

/** The rest of the project runs TypeScript directly; npm scripts find the bundled Node first, where there is one. */
function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (existsSync(join(modules, '.bin', 'node')) || major > 22 || (major === 22 && minor >= 18)) return;
  throw new Refusal(
    `Steward needs Node 24 on this platform (this is ${process.version}): install it from https://nodejs.org.`,
  );
}

try {
  await install();
  checkNode();
} catch (error) {
  console.error(error instanceof Refusal ? error.message : explain(`${error.code ?? ''} ${error.message}`, 1));
  process.exitCode = 1;
}
