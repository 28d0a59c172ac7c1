import { withWorker } from './export-measure.ts';
import { type Exported, exportOf, type Wanted } from './export-run.ts';
import { type Figure, median } from './figure.ts';
import type { Site } from './site.ts';

const CHUNK_BYTES = 1024 * 1024;
const BYTES_A_ROW = 650;
const HANDOVERS = 16;

/** An export in many short runs: what the first chunk of a run takes must not depend on how much lies before it. */
export async function handoverFigure(site: Site, wanted: Wanted, rows: number): Promise<Figure> {
  const perRun = Math.max(2, Math.floor((rows * BYTES_A_ROW) / CHUNK_BYTES / HANDOVERS));
  const vars = { EXPORT_CHUNK_BYTES: String(CHUNK_BYTES), EXPORT_CHUNKS_PER_RUN: String(perRun) };
  const exported = await withWorker(site, { vars }, (worker) => exportOf(site, worker, wanted));
  const firsts = times(exported).filter((_, i) => (i + 1) % perRun === 0);
  const part = Math.max(1, Math.floor(firsts.length / 3));
  return {
    figure: 'csv.handover_growth',
    value: 1000 * median(firsts.slice(-part)),
    unit: 'ms',
    limit: 1000 * median(firsts.slice(0, part)),
    limitIs: 'the same in the first third of the hand-overs',
    runs: part,
    note: `${exported.rows} rows in runs of ${perRun} chunks of 1 MiB, ${firsts.length} hand-overs: from the last chunk of a run to the first one of the next, commit to commit, last third; ${(1000 * median(times(exported))).toFixed(0)} ms is a chunk’s median; wanted: 1`,
  };
}

/** Seconds from each chunk's commit to the next one's. */
const times = ({ chunks }: Exported) => chunks.slice(1).map(({ at }, i) => at - (chunks[i]?.at ?? 0));

/** What a chunk takes in the last tenth of a file, held against the first tenth. */
export function growthFigure(exported: readonly Exported[], worker: string): Figure {
  /** The medians of all tenths, in order. */
  const tenths = Array.from({ length: 10 }, (_, n) =>
    median(
      exported.map((one) => {
        const all = times(one);
        const count = Math.max(3, Math.floor(all.length / 10));
        return median(n === 9 ? all.slice(-count) : all.slice(n * count, (n + 1) * count));
      }),
    ),
  ).map((seconds) => 1000 * seconds);
  const first = exported[0];
  return {
    figure: 'csv.chunk_time_growth',
    value: tenths.at(-1) ?? Number.NaN,
    unit: 'ms',
    limit: tenths[0] ?? Number.NaN,
    limitIs: 'a chunk of the first tenth of the file (median)',
    runs: exported.length,
    note: `a chunk of the last tenth (median), commit to commit, of ${first?.chunks.length} chunks and ${first?.rows} rows; ms of all tenths: ${tenths.map((each) => each.toFixed(0)).join(' ')}; ${worker}; wanted: 1`,
  };
}
