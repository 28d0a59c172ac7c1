import { describe, expect, it } from 'vitest';
import type { ExportSnapshot } from '../../domain/exports/progress.ts';
import type { Bindings } from '../env.ts';
import { exportRuns } from './objects.ts';

const at = (rowsDone: number): ExportSnapshot => ({
  ...{
    status: 'processing',
    phase: 'rows',
    rowsDone,
    rowsExpected: 1000,
    bytesDone: 0,
    activeMs: 0,
    failureReason: null,
  },
});

/** Objects that take a report when the test says so. */
function objects() {
  const taken: [string, number][] = [];
  const hows: string[] = [];
  const open: { resolve: () => void; reject: (error: Error) => void }[] = [];
  const namespace = {
    getByName: (name: string) => {
      const takes = (how: string) => (snapshot: ExportSnapshot) => {
        hows.push(how);
        taken.push([name, snapshot.rowsDone]);
        return new Promise<void>((resolve, reject) => open.push({ resolve, reject }));
      };
      return { progress: takes('progress'), report: takes('report') };
    },
  } as unknown as Bindings['EXPORT_RUN'];
  const work: Promise<unknown>[] = [];
  const runs = exportRuns(namespace, (each) => void work.push(each.catch(() => 'failed')));
  return { taken, hows, open, work, runs };
}

describe('reports of an export', () => {
  it('are sent one at a time, in order, and of those that wait only the newest', async () => {
    const { taken, hows, open, work, runs } = objects();
    for (let n = 1; n < 100; n++) runs.progress('a', at(n));
    runs.report('a', at(100));
    runs.progress('b', at(7));
    expect(taken).toEqual([
      ['a', 1],
      ['b', 7],
    ]);
    open[0]?.resolve();
    await expect.poll(() => taken.length).toBe(3);
    expect(taken[2]).toEqual(['a', 100]);
    expect(hows).toEqual(['progress', 'progress', 'report']);
    for (const each of open) each.resolve();
    await Promise.all(work);
    runs.report('a', at(101));
    expect(taken.at(-1)).toEqual(['a', 101]);
  });

  it('that fail are for the log, and hold up no later one', async () => {
    const { taken, open, work, runs } = objects();
    runs.report('a', at(1));
    open[0]?.reject(new Error('the object is away'));
    expect(await Promise.all(work)).toEqual(['failed']);
    runs.report('a', at(2));
    expect(taken).toEqual([
      ['a', 1],
      ['a', 2],
    ]);
  });
});
