// Ends what a supervisor leaves behind. It runs detached, holding one end of a pipe: the supervisor names its children there,
// one JSON line each. The pipe closes when the supervisor is killed, and after an orderly stop, when there is nothing to find.
// Children it had no time to name are recognised by STEWARD_RUN in their environment, and theirs by their parent.
//   node dev/reaper.mjs <run> <supervisor's pid>
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

const ASK_AGAIN_MS = 2500;
const KILL_MS = 6000;
const GIVE_UP_MS = 20_000;
// A child forked just before its parent died shows its own environment only after exec: look a little longer than once.
const QUIET_MS = 300;

const [run, supervisor] = process.argv.slice(2);
const mark = `STEWARD_RUN=${run}`;
const targets = new Map(); // pid -> start time

function readProcess(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z') return null;
    let marked = false;
    try {
      marked = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(mark);
    } catch {
      // another user's process: none of ours
    }
    return { pid, parent: Number(fields[1]), started: fields[19], marked };
  } catch {
    return null;
  }
}

/** Everywhere but Linux; -E shows the environment a process was started with. */
function readPs() {
  const env = { ...process.env, LC_ALL: 'C' };
  const text = execFileSync('ps', ['-axww', '-E', '-o', 'pid=,ppid=,stat=,lstart=,command='], {
    encoding: 'utf8',
    env,
    maxBuffer: 1 << 26,
  });
  return text.split('\n').flatMap((line) => {
    const found = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(\w+ +\w+ +\d+ +[\d:]+ +\d+)\s(.*)$/.exec(line);
    if (!found || found[3].startsWith('Z')) return [];
    return [
      {
        pid: Number(found[1]),
        parent: Number(found[2]),
        started: found[4],
        marked: found[5].split(' ').includes(mark),
      },
    ];
  });
}

function processes() {
  if (process.platform !== 'linux') return readPs();
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => readProcess(Number(name)))
    .filter(Boolean);
}

/** Those of ours still alive. What was once ours stays ours, also when its parent is gone before it. */
function survivors() {
  const all = processes().filter(({ pid }) => pid !== process.pid && pid !== Number(supervisor));
  const ours = new Map();
  for (let before = -1; before !== ours.size; ) {
    before = ours.size;
    for (const each of all) {
      if (each.marked || targets.get(each.pid) === each.started || ours.has(each.parent)) ours.set(each.pid, each);
    }
  }
  for (const { pid, started } of ours.values()) targets.set(pid, started);
  return ours;
}

function signal(pid, name) {
  try {
    process.kill(pid, name);
  } catch {
    // gone meanwhile
  }
}

async function reap() {
  const began = Date.now();
  const told = new Set();
  for (let quietSince = began; ; await new Promise((done) => setTimeout(done, 50))) {
    const ours = survivors();
    const now = Date.now();
    if (ours.size > 0) quietSince = now;
    if (now - quietSince > QUIET_MS || now - began > GIVE_UP_MS) return;
    const kill = now - began > KILL_MS;
    // SIGINT first: Postgres takes it as "stop now, tidily", and SIGTERM as "when the last client has gone".
    const polite = now - began > ASK_AGAIN_MS ? 'SIGTERM' : 'SIGINT';
    for (const { pid, parent } of ours.values()) {
      if (kill) signal(pid, 'SIGKILL');
      // Only the topmost are asked, once each: to a child of Postgres the same signals mean something else.
      if (kill || ours.has(parent) || told.has(`${polite} ${pid}`)) continue;
      told.add(`${polite} ${pid}`);
      signal(pid, polite);
    }
  }
}

for (const name of ['SIGINT', 'SIGHUP']) process.on(name, () => {});

createInterface({ input: process.stdin })
  .on('line', (line) => {
    const { pid, started } = JSON.parse(line);
    targets.set(pid, started);
  })
  .on('close', async () => {
    await reap();
    process.exit(0);
  });
