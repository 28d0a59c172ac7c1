import { cloudflareTest } from '@cloudflare/vitest-plugin';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: [
      {
        // The Worker's own code inside the Worker runtime.
        plugins: [cloudflareTest({ main: './workers/index.ts', wrangler: { configPath: './wrangler.toml' } })],
        test: {
          name: 'runtime',
          include: ['{workers,domain,durable-objects,queues}/**/*.test.ts'],
        },
      },
      {
        // The embedded engines and the start itself, each test with its own.
        test: {
          name: 'engines',
          include: ['dev/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        // Whole flows over HTTP: the built Worker on workerd, Postgres and ClickHouse.
        test: {
          name: 'flows',
          include: ['test/**/*.test.ts'],
          globalSetup: ['./test/global-setup.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
