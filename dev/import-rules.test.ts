import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..');

/** A copy of the lint rules over an empty tree. */
const tree = mkdtempSync(join(tmpdir(), 'steward-rules-'));
const rules = JSON.parse(readFileSync(join(ROOT, 'biome.json'), 'utf8'));
writeFileSync(join(tree, 'biome.json'), JSON.stringify({ ...rules, $schema: undefined, vcs: { enabled: false } }));
afterAll(() => rmSync(tree, { recursive: true }));

/** Whether the linter refuses this import in a file of that name. */
function refused(file: string, source: string): boolean {
  const biome = join(ROOT, 'node_modules', '@biomejs', 'biome', 'bin', 'biome');
  mkdirSync(dirname(join(tree, file)), { recursive: true });
  writeFileSync(join(tree, file), `import * as x from '${source}';\n\nconsole.log(x);\n`);
  const { stdout, stderr } = spawnSync(process.execPath, [biome, 'lint', file], { cwd: tree, encoding: 'utf8' });
  expect(stdout + stderr).toContain('Checked 1 file');
  return stderr.includes('noRestrictedImports');
}

describe('import rules', () => {
  it.each([
    ['domain/services/x.ts', 'hono'],
    ['domain/services/x.ts', 'cloudflare:workers'],
    ['domain/services/x.ts', '../../workers/context.ts'],
    ['domain/services/x.ts', 'drizzle-orm'],
    ['domain/services/x.ts', '../../drizzle/schema/index.ts'],
    ['domain/services/x.ts', '../../queues/dispatch.ts'],
    ['drizzle/repositories/x.ts', '../../domain/errors.ts'],
    ['clickhouse/queries/x.ts', '../../drizzle/client.ts'],
    ['queues/messages.ts', './outcome.ts'],
    ['queues/exports.ts', '../workers/context.ts'],
    ['durable-objects/x.ts', '../drizzle/client.ts'],
    ['workers/exports/x.ts', '../../drizzle/client.ts'],
    ['workers/exports/x.ts', '@clickhouse/client-web'],
    ['workers/exports/x.ts', '../../dev/seed.ts'],
    ['domain/services/x.ts', '../../test/app.ts'],
    ['domain/access/x.ts', '../observability/health.ts'],
    ['domain/access/x.ts', '../../drizzle/repositories/gauges.ts'],
    ['domain/access/x.ts', 'hono'],
    ['domain/gate/x.ts', '../observability/scrape.ts'],
    ['domain/gate/x.ts', '../../clickhouse/queries/read-metrics.ts'],
    ['workers/gate/x.ts', '../../domain/observability/series.ts'],
    ['workers/gate/x.ts', '../../drizzle/client.ts'],
    ['workers/middleware/guard.ts', '../../domain/observability/health.ts'],
    ['durable-objects/admin-guard.ts', '../domain/observability/status.ts'],
  ])('refuse in %s an import of %s', (file, source) => {
    expect(refused(file, source)).toBe(true);
  });

  it.each([
    ['domain/services/x.ts', '../../drizzle/repositories/service-config.ts'],
    ['domain/services/x.ts', '../../queues/messages.ts'],
    ['workers/exports/x.ts', '../../domain/exports/read-export.ts'],
    ['workers/context.ts', '../drizzle/client.ts'],
    ['queues/exports.ts', '../domain/exports/run-export.ts'],
    ['durable-objects/x.ts', '../domain/operations/lease.ts'],
    ['durable-objects/x.ts', '../domain/observability/status.ts'],
    ['domain/access/x.ts', '../../drizzle/repositories/access.ts'],
  ])('allow in %s an import of %s', (file, source) => {
    expect(refused(file, source)).toBe(false);
  });
});
