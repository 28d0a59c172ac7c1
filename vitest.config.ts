import { cloudflareTest } from '@cloudflare/vitest-plugin';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Of the last project; each works for longer than all that would be left beside it. */
const LONG = ['domain/audit/redact-time.test.ts', 'workers/run-feeds.test.ts'];

/** Where nothing is known of earlier runs, large files go first; these are small, and begun last they would end the run alone. */
class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const projects = [...new Set(sorted.map(({ project }) => project))];
    return projects.flatMap((project) => {
      const own = sorted.filter((file) => file.project === project);
      const isLong = ({ moduleId }: TestSpecification) => LONG.some((path) => moduleId.endsWith(path));
      return [...own.filter(isLong), ...own.filter((file) => !isLong(file))];
    });
  }
}

export default defineConfig({
  test: {
    sequence: { sequencer: LongFirst },
    // Most of a flow is waiting for engines and for clocks: more files at once than there are cores.
    maxWorkers: 4,
    projects: [
      {
        // The Worker's own code inside the Worker runtime.
        plugins: [cloudflareTest({ main: './workers/index.ts', wrangler: { configPath: './wrangler.toml' } })],
        test: {
          name: 'runtime',
          include: ['{workers,domain,durable-objects,queues}/**/*.test.ts'],
          // The first call of a Durable Object loads the whole Worker, which takes seconds on a busy machine.
          testTimeout: 60_000,
          hookTimeout: 60_000,
          // A few Workers for all files take a third of the time. What they share they leave as they found it: each test has
          // Durable Objects of its own, fake clocks and spies end with it, and a file that leaves one behind fails.
          isolate: false,
          setupFiles: ['./test/as-found.ts'],
        },
      },
      {
        // The embedded engines and the start itself, each test with its own.
        test: {
          name: 'engines',
          include: ['dev/**/*.test.ts'],
          // Against hanging, not for speed: one of them starts everything five times.
          testTimeout: 180_000,
          hookTimeout: 120_000,
        },
      },
      {
        // What of the admin UI needs no browser.
        test: { name: 'web', include: ['web-admin/**/*.test.ts', 'bench/web-sizes.test.ts'] },
      },
      {
        // Whole flows over HTTP: the built Worker on workerd, Postgres and ClickHouse.
        test: {
          name: 'flows',
          include: ['test/**/*.test.ts'],
          exclude: ['test/web/**'],
          globalSetup: ['./test/global-setup.ts'],
          // Against hanging, not for speed: exports under faults take a minute on a busy machine.
          testTimeout: 180_000,
          hookTimeout: 120_000,
          // What they import, Miniflare before all, takes a process longer to load than most files take to run.
          isolate: false,
          setupFiles: ['./test/seeded.ts'],
        },
      },
      {
        // The admin UI in a real Chromium. After all others: it takes both cores of a small machine, and what waits beside it waits long.
        test: {
          name: 'browser',
          include: ['test/web/**/*.test.ts'],
          globalSetup: ['./test/global-setup.ts'],
          sequence: { groupOrder: 1 },
          maxWorkers: 2,
          testTimeout: 180_000,
          hookTimeout: 120_000,
          expect: { poll: { timeout: 60_000, interval: 50 } },
          isolate: false,
          setupFiles: ['./test/seeded.ts'],
        },
      },
    ],
  },
});
