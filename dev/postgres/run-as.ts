import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { lchown, lstat, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Postgres refuses to run as root. A way to run it as somebody else, or plainly when we are not root. */
export interface Runner {
  /** The user who must own the data, as seen from outside; undefined: whoever creates it. */
  owner: { uid: number; gid: number } | undefined;
  /** What `initdb --version` printed. */
  version: string;
  spawn(program: string, args: string[], options: SpawnOptions): ChildProcess;
}

interface Candidate {
  owner: Runner['owner'];
  wrap(program: string, args: string[]): { file: string; args: string[]; options?: SpawnOptions };
}

/** Takes the first way in which `initdb --version` runs and `folder` can be entered. */
export async function chooseRunner(initdb: string, folder: string): Promise<Runner> {
  const root = process.getuid?.() === 0;
  const failures: string[] = [];
  for (const candidate of root ? await rootCandidates() : [plain]) {
    const run = (program: string, args: string[], options: SpawnOptions): ChildProcess => {
      const wrapped = candidate.wrap(program, args);
      // LC_ALL keeps messages in English (they are matched by callers); cwd must be a folder anybody may enter.
      return spawn(wrapped.file, wrapped.args, {
        cwd: '/',
        env: { ...process.env, LC_ALL: 'C' },
        ...wrapped.options,
        ...options,
      });
    };
    const { code, output } = await finished(
      run('/bin/sh', ['-c', 'cd "$1" && exec "$0" --version', initdb, folder], {
        stdio: ['ignore', 'pipe', 'pipe'],
      }),
    );
    if (code === 0) return { owner: candidate.owner, version: output.trim(), spawn: run };
    failures.push(output.trim());
  }
  const reasons = failures.filter(Boolean).join('; ');
  throw new Error(
    root
      ? `Postgres refuses to run as root, and no other user could be used here: start as an ordinary user. (${reasons})`
      : `Postgres does not start on this machine: ${reasons}`,
  );
}

/** Waits for a short-lived program; `output` is stdout and stderr together. */
export function finished(child: ChildProcess): Promise<{ code: number | null; output: string }> {
  let output = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ code: null, output: output + error.message }));
    child.once('close', (code) => resolve({ code, output }));
  });
}

/** Gives a file or folder to the runner's user; data written under another runner changes hands here. */
export async function giveTo(owner: Runner['owner'], path: string): Promise<void> {
  if (owner === undefined) return;
  const now = await lstat(path);
  if (now.uid === owner.uid) return;
  for (const entry of now.isDirectory() ? await readdir(path, { recursive: true }) : []) {
    await lchown(join(path, entry), owner.uid, owner.gid);
  }
  // The folder itself last: an interrupted hand-over starts again.
  await lchown(path, owner.uid, owner.gid);
}

const plain: Candidate = { owner: undefined, wrap: (file, args) => ({ file, args }) };

async function rootCandidates(): Promise<Candidate[]> {
  const user = await ordinaryUser();
  const { uid, gid } = user;
  return [
    // In a user namespace root is seen as `uid`, yet still opens root's own folders. initdb looks the id up by name,
    // so it must be one the system knows.
    {
      owner: { uid: 0, gid: 0 },
      wrap: (program, args) => ({
        file: 'unshare',
        args: ['--user', `--map-user=${uid}`, `--map-group=${gid}`, program, ...args],
      }),
    },
    // Containers often forbid namespaces. dac_override lets the user pass through folders only root may enter.
    {
      owner: user,
      wrap: (program, args) => ({
        file: 'setpriv',
        args: [
          `--reuid=${uid}`,
          `--regid=${gid}`,
          '--clear-groups',
          '--inh-caps=-all,+dac_override',
          '--ambient-caps=-all,+dac_override',
          program,
          ...args,
        ],
      }),
    },
    { owner: user, wrap: (file, args) => ({ file, args, options: { uid, gid } }) },
  ];
}

async function ordinaryUser(): Promise<{ uid: number; gid: number }> {
  const lines = (await readFile('/etc/passwd', 'utf8').catch(() => '')).split('\n').map((line) => line.split(':'));
  const known =
    lines.find(([name]) => name === 'postgres') ??
    lines.find(([name]) => name === 'nobody') ??
    lines.find(([, , uid]) => Number(uid) > 0);
  return { uid: Number(known?.[2] ?? 65534), gid: Number(known?.[3] ?? 65534) };
}
