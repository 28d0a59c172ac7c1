/** The processes a start owns, and the reaper that ends them should their supervisor be killed. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';

const REAPER = fileURLToPath(new URL('reaper.mjs', import.meta.url));

/** When the process started, in the platform's own form; null when there is none. With the pid it names one process for good. */
export function startedAt(pid: number): string | null {
  try {
    if (process.platform !== 'linux') {
      const env = { ...process.env, LC_ALL: 'C' };
      return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8', env, stdio: 'pipe' }).trim();
    }
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the program's name in brackets and may itself hold blanks and brackets.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? null : (fields[19] ?? null);
  } catch {
    return null;
  }
}

export interface Reaper {
  pid: number;
  /** Names a child, so that it is found whatever it did with its environment. */
  watch(pid: number): void;
  /** Ends every process of this run that is left, asking first and killing after some seconds, and then the reaper. */
  endAll(): Promise<void>;
}

/**
 * Starts the reaper for one run. From here on every process this one starts carries the run's name in its environment: that
 * is how the reaper finds a child whose start had not finished, and so was never named, when the supervisor was killed.
 */
export function startReaper(run: string): Reaper {
  const reaper = spawnReaper(run);
  process.env.STEWARD_RUN = run;
  return {
    pid: reaper.pid ?? 0,
    watch: (pid) => void reaper.stdin.write(`${JSON.stringify({ pid, started: startedAt(pid) })}\n`),
    async endAll() {
      // Somebody may have killed the reaper itself.
      if (reaper.exitCode !== null || reaper.signalCode !== null) return endLeftovers(run);
      await finish(reaper);
    },
  };
}

/** Ends what is left of a run whose supervisor is gone; at once when nothing is. */
export async function endLeftovers(run: string): Promise<void> {
  await finish(spawnReaper(run));
}

async function finish(reaper: ReturnType<typeof spawnReaper>): Promise<void> {
  reaper.ref();
  reaper.stdin.end();
  await once(reaper, 'exit');
}

function spawnReaper(run: string) {
  const { STEWARD_RUN: _, ...env } = process.env;
  const reaper = spawn(process.execPath, [REAPER, run, String(process.pid)], {
    // Its own session: a Ctrl-C or a closed terminal must not end it along with the supervisor.
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    env,
  });
  reaper.on('error', () => undefined);
  reaper.stdin.on('error', () => undefined);
  reaper.unref();
  (reaper.stdin as Socket).unref();
  return reaper;
}

/** A child process that ended by itself. */
export interface Ended {
  name: string;
  /** Such as "killed by SIGKILL". */
  how: string;
}

interface Child {
  pid: number;
  /** With the exit code or the signal, if known. */
  exited: Promise<unknown>;
  stop(): Promise<void>;
}

/** The parts of one start: they may start side by side, and stop in reverse order of their tiers. */
export interface Crew {
  part<T>(name: string, tier: number, start: () => Promise<T>, stop?: (part: T) => Promise<unknown>): Promise<T>;
  child<T extends Child>(name: string, tier: number, start: () => Promise<T>): Promise<T>;
  /** Throws when the start was aborted or one of its parts failed. */
  check(): void;
  /** Why the start failed: a child that died tells more than the error of whoever was talking to it. */
  reason(error: unknown): Promise<unknown>;
  failed: Promise<Ended>;
  /** Never rejects; a second call waits for the first. */
  stop(): Promise<void>;
}

interface CrewOptions {
  log: (line: string) => void;
  signal?: AbortSignal | undefined;
  onChild?: ((pid: number) => void) | undefined;
}

export function gatherCrew({ log, signal: outer, onChild }: CrewOptions): Crew {
  const running: { name: string; tier: number; stop: () => Promise<unknown> }[] = [];
  const halt = new AbortController();
  const signal = outer ? AbortSignal.any([outer, halt.signal]) : halt.signal;
  const { promise: failed, resolve: fail } = Promise.withResolvers<Ended>();
  let ended: Ended | undefined;
  let stopping: Promise<void> | undefined;

  const part: Crew['part'] = async (name, tier, start, stop) => {
    signal.throwIfAborted();
    const began = performance.now();
    try {
      // What leaves nothing to stop need not be waited for either.
      const started = await (stop ? start() : Promise.race([start(), aborted(signal)]));
      if (stop) running.push({ name, tier, stop: () => stop(started) });
      signal.throwIfAborted();
      log(`${name} ready in ${((performance.now() - began) / 1000).toFixed(1)} s`);
      return started;
    } catch (error) {
      if (!signal.aborted) halt.abort(new Error(`${name}: ${messageOf(error)}`, { cause: error }));
      throw error;
    }
  };

  const child: Crew['child'] = (name, tier, start) => {
    const watched = async () => {
      const started = await start();
      onChild?.(started.pid);
      void started.exited.then((exit) => {
        if (stopping || ended) return;
        ended = { name, how: describe(exit) };
        halt.abort(new Error(`${name} ended by itself (${ended.how})`));
        fail(ended);
      });
      return started;
    };
    return part(name, tier, watched, (started) => started.stop());
  };

  const stopAll = async (): Promise<void> => {
    for (const tier of [...new Set(running.map((each) => each.tier))].sort((a, b) => b - a)) {
      const here = running.filter((each) => each.tier === tier);
      const results = await Promise.allSettled(here.map((each) => each.stop()));
      results.forEach((result, i) => {
        if (result.status === 'rejected') log(`${here[i]?.name} did not stop in order: ${messageOf(result.reason)}`);
      });
    }
  };

  return {
    part,
    child,
    failed,
    check: () => signal.throwIfAborted(),
    async reason(error) {
      if (outer?.aborted) return outer.reason;
      if (!ended) await Promise.race([failed, sleep(200)]);
      return ended ? new Error(`${ended.name} ended by itself (${ended.how})`) : (halt.signal.reason ?? error);
    },
    stop: () => (stopping ??= stopAll()),
  };
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));
}

/** Waits for all of them, also when one fails: what is still starting could not be stopped. */
export async function together<T extends readonly unknown[] | []>(jobs: T) {
  await Promise.allSettled(jobs);
  return Promise.all(jobs);
}

function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return stripVTControlCharacters(text).trim().split('\n')[0] ?? '';
}

function describe(exit: unknown): string {
  const { code, signal } = (exit ?? {}) as { code?: number | null; signal?: string | null };
  if (signal) return `killed by ${signal}`;
  return typeof code === 'number' ? `exit code ${code}` : 'no exit code';
}
