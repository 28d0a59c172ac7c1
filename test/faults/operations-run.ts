import type { Campaign } from './campaign.ts';
import { agreed, calm, insist, pauseAndResume, seenThrough } from './operations-endure.ts';
import { configScene, featuresScene, heal, ITEMS, putPoison, type Scene, sessionsScene } from './operations-scenes.ts';
import { BATCH, rowOf, type Stage } from './operations-stage.ts';
import { DISASTERS, type Disaster, type DisasterKind, strike } from './operations-storm.ts';
import { type Expected, problemsOf } from './operations-truth.ts';

const BATCHES = ITEMS / BATCH;
const DISASTERS_A_RUN = 4;
/** Once, of a campaign that is long enough for it. */
const LONG_OUTAGE_MS = 30_000;

const SCENES: ((stage: Stage) => Promise<Scene>)[] = [
  ({ app, asks }) => featuresScene(app, asks),
  ({ app }) => sessionsScene(app),
  ({ app }) => configScene(app),
];

/** What the runs of a campaign came to. */
export interface Tour {
  /** Disasters still to come. */
  deck: Disaster[];
  met: Map<DisasterKind, number[]>;
  ended: Record<string, number>;
}

export const newTour = (): Tour => ({ deck: [], met: new Map(DISASTERS.map((kind) => [kind, []])), ended: {} });

/** Every disaster at every step comes once, in any order, before one comes again. */
function deal(tour: Tour, { random }: Campaign, count: number): Disaster[] {
  if (tour.deck.length < count)
    tour.deck = DISASTERS.flatMap((kind) => Array.from({ length: BATCHES + 2 }, (_, step) => ({ kind, step })))
      .map((disaster) => ({ disaster, at: random() }))
      .sort((a, b) => a.at - b.at)
      .map(({ disaster }) => disaster);
  return tour.deck.splice(0, count);
}

function chosen({ random }: Campaign, ids: Iterable<string>, count: number): string[] {
  const left = [...ids];
  return Array.from({ length: count }, () => left.splice(Math.floor(random() * left.length), 1)[0] as string);
}

/** What comes to an operation, or to its undo. */
function fateOf(tour: Tour, series: Campaign, n: number, { canUndo }: Scene) {
  const { random, pick, runs } = series;
  const isUndo = canUndo && n % 5 > 2;
  const isCancelled = !isUndo && random() < 0.15;
  const disasters = deal(tour, series, DISASTERS_A_RUN);
  if (isCancelled) disasters[0] = { kind: 'people', step: Math.floor(random() * BATCHES) };
  else if (runs >= 50 && n === Math.floor(runs / 2)) disasters[0] = { kind: 'away', step: 1, ms: LONG_OUTAGE_MS };
  const poisoned = random() < 0.4 ? 1 + Math.floor(random() * 3) : 0;
  return { isUndo, isCancelled, disasters, poisoned, by: pick(['messages', 'messages', 'sweep'] as const) };
}

/** One operation among disasters. @returns what is wrong in the end */
export async function runOf(stage: Stage, tour: Tour, n: number): Promise<string[]> {
  const { app, series } = stage;
  const scene = await (SCENES[n % SCENES.length] as (typeof SCENES)[number])(stage);
  const fate = fateOf(tour, series, n, scene);
  const before = await scene.now();
  const id = await agreed(stage, scene.body);
  if (fate.isUndo) await seenThrough(stage, id, { begin: 'start', by: 'messages' });
  const ids = chosen(series, before.keys(), 8);
  const touched = fate.isUndo ? ids.slice(3) : [];
  for (const target of touched) await scene.touch?.(target);
  const poisoned = ids.slice(0, fate.poisoned);
  await putPoison(app, poisoned);

  const problems: string[] = [];
  strike(stage, {
    ...{ operationId: id, total: ITEMS, batches: BATCHES, disasters: fate.disasters },
    people: async () => {
      if (fate.isCancelled) await insist(stage, 'cancel', id);
      else problems.push(...(await pauseAndResume(stage, id)));
    },
    met: (kind, step) => void tour.met.get(kind)?.push(step),
  });
  const again = await seenThrough(stage, id, { begin: fate.isUndo ? 'undo' : 'start', by: fate.by });
  if (again > 0) add(tour, 'set going again');
  problems.push(...(await calm(stage, id)));
  const { phase } = await rowOf(stage, id);
  add(tour, phase);
  const isCancelled = fate.isCancelled && phase === 'cancelled';
  const expected = { before, touched, isCancelled, isUndone: fate.isUndo };
  const ends = Number(fate.isUndo) + Number(!isCancelled);
  problems.push(...(await problemsOf(app, scene, id, { ...expected, poisoned, ends })));
  const then = { ...expected, ends, failed: isCancelled ? poisoned : [] };
  return [...problems, ...(await onceMore(stage, tour, { id, scene, expected: then, by: fate.by }))];
}

/** What threw is mended and has its turn; what was cancelled is put back. */
async function onceMore(
  stage: Stage,
  tour: Tour,
  { id, scene, expected, by }: { id: string; scene: Scene; expected: Expected; by: 'messages' | 'sweep' },
): Promise<string[]> {
  await heal(stage.app);
  const { phase, items_left } = await rowOf(stage, id);
  const isUndone = (phase === 'undone' || (phase === 'cancelled' && scene.canUndo)) && items_left > 0;
  if (!isUndone && phase !== 'incomplete') return [];
  add(tour, 'once more');
  await seenThrough(stage, id, { begin: isUndone ? 'undo' : 'retry-failed', by });
  const late = await calm(stage, id);
  return [...late, ...(await problemsOf(stage.app, scene, id, { ...expected, isUndone, ends: expected.ends + 1 }))];
}

function add({ ended }: Tour, what: string): void {
  ended[what] = (ended[what] ?? 0) + 1;
}
