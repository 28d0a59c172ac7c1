import { type Exported, exportOf, stopWorker, type Wanted } from './export-run.ts';
import { cpuMicros, type Memory, memory, watchPeak } from './process.ts';
import { openSink } from './r2-process.ts';
import type { Site, Worker } from './site.ts';

export interface MeasuredExport extends Exported {
  /** workerd's peak during the export above its idle after the warm-up, MB. */
  above: Memory;
  roundTrips: number;
  /** CPU seconds of workerd. */
  cpu: number;
  /** MB that the Worker's isolate holds afterwards, garbage collected; 0 unless several are measured. */
  held: number;
}

/** One export on a workerd of its own with Miniflare's simulators in it, warmed up by `warmUp`, a small one. */
export async function measureSimulated(site: Site, wanted: Wanted, warmUp: Wanted): Promise<MeasuredExport> {
  const worker = await site.worker();
  try {
    await exportOf(site, worker, warmUp);
    return await measure(site, worker, wanted, memory(worker.pid));
  } finally {
    await stopWorker(site, worker);
  }
}

/** Exports, one after the other, on one workerd without simulators; R2 is another process. */
export async function measureWorker(
  site: Site,
  wanted: readonly Wanted[],
  warmUp: Wanted,
  heapMb?: number,
): Promise<MeasuredExport[]> {
  const more = heapMb === undefined ? {} : { heapMb };
  return withWorker(site, more, async (worker, sink) => {
    await exportOf(site, worker, warmUp);
    const idle = memory(worker.pid);
    const measured: MeasuredExport[] = [];
    for (const one of wanted) {
      const exported = await measure(site, worker, one, idle);
      measured.push({ ...exported, held: wanted.length > 1 ? ((await worker.heldMb?.()) ?? 0) : 0 });
      await sink.clear();
    }
    return measured;
  });
}

/** Runs `work` beside a workerd without simulators and an R2 in another process; both are gone afterwards. */
export async function withWorker<T>(
  site: Site,
  more: { vars?: Record<string, string>; heapMb?: number },
  work: (worker: Worker, sink: Awaited<ReturnType<typeof openSink>>) => Promise<T>,
): Promise<T> {
  const sink = await openSink(site.dataDir);
  try {
    const worker = await site.workerAlone({ r2Address: sink.address, deliver: true, ...more });
    try {
      return await work(worker, sink);
    } finally {
      await stopWorker(site, worker);
    }
  } finally {
    await sink.close();
  }
}

async function measure(site: Site, worker: Worker, wanted: Wanted, idle: Memory): Promise<MeasuredExport> {
  const trips = site.roundTrips();
  const peakOf = watchPeak(worker.pid);
  const cpuBefore = cpuMicros(worker.pid);
  const exported = await exportOf(site, worker, wanted);
  const cpu = (cpuMicros(worker.pid) - cpuBefore) / 1e6;
  const peak = peakOf();
  const roundTrips = site.roundTrips() - trips;
  const above = { rss: peak.rss - idle.rss, anonymous: peak.anonymous - idle.anonymous };
  return { ...exported, above, roundTrips, cpu, held: 0 };
}
