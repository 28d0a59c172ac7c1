import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';

// What Linux reports CPU time in, on every platform Node runs on (sysconf(_SC_CLK_TCK)).
const TICKS_PER_SECOND = 100;
const SAMPLE_MS = 20;
const MB = 1e6;

/** CPU a process has used so far with all its threads, in µs; the kernel counts in steps of 10 ms. */
export function cpuMicros(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The second field is the program's name in brackets and may itself hold blanks and brackets.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return ((Number(fields[11]) + Number(fields[12])) * 1e6) / TICKS_PER_SECOND;
}

/** What share of the machine's cores is busy from now on, with whatever it is. @returns the share so far, 0 to 1 */
export function watchCores(): () => number {
  const began = coreTimes();
  return () => {
    const now = coreTimes();
    return 1 - (now.idle - began.idle) / (now.all - began.all);
  };
}

function coreTimes(): { idle: number; all: number } {
  const times = cpus().map((core) => core.times);
  const all = times.reduce((sum, { user, nice, sys, irq, idle }) => sum + user + nice + sys + irq + idle, 0);
  return { idle: times.reduce((sum, { idle }) => sum + idle, 0), all };
}

export interface Memory {
  /** Resident, in MB of 10^6 bytes, shared and file pages too. */
  rss: number;
  /** The part no file backs: heaps and buffers. */
  anonymous: number;
}

function status(pid: number): Memory & { peak: number } {
  const text = readFileSync(`/proc/${pid}/status`, 'utf8');
  const field = (name: string) => (Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0) * 1024) / MB;
  return { rss: field('VmRSS'), anonymous: field('RssAnon'), peak: field('VmHWM') };
}

export const memory = (pid: number): Memory => {
  const { rss, anonymous } = status(pid);
  return { rss, anonymous };
};

/** Watches a process from now on. @returns its peak so far; calling it ends the watch */
export function watchPeak(pid: number): () => Memory {
  const exact = resetHighWater(pid);
  const peak = memory(pid);
  const look = () => {
    const now = status(pid);
    peak.rss = Math.max(peak.rss, exact ? now.peak : now.rss);
    peak.anonymous = Math.max(peak.anonymous, now.anonymous);
  };
  const timer = setInterval(look, SAMPLE_MS);
  return () => {
    clearInterval(timer);
    look();
    return peak;
  };
}

/** The kernel's own high-water mark misses nothing between two looks; not every kernel lets it be set back. */
function resetHighWater(pid: number): boolean {
  try {
    writeFileSync(`/proc/${pid}/clear_refs`, '5');
    const { rss, peak } = status(pid);
    return peak - rss < 1;
  } catch {
    return false;
  }
}
