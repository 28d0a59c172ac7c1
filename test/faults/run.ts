/** `npm run faults -- NAME [--runs N] [--seed N]`: a large campaign of one kind of bad day. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const CAMPAIGNS: Record<string, { files: string[]; runs: number; about: string }> = {
  access: {
    files: ['test/faults/access.test.ts'],
    runs: 60,
    about: 'grants, roles, locks and sessions changed while Postgres fails and the runtime is killed',
  },
  events: {
    files: ['test/faults/events.test.ts'],
    runs: 110,
    about: 'ClickHouse failing, redelivery in any batches, concurrent consumers and kills while events are stored',
  },
  'export-kill': {
    files: ['test/faults/export-kill.test.ts'],
    runs: 60,
    about: 'kill -9 of the runtime at random points of an export',
  },
  exports: {
    files: ['test/faults/exports.test.ts'],
    runs: 100,
    about: 'ClickHouse and Postgres failing, duplicate deliveries and kills during exports',
  },
  holds: {
    files: ['test/flows/holds-campaign.test.ts'],
    runs: 30,
    about: 'legal holds opened and released in any order while records arrive and drain',
  },
  models: {
    files: [
      'test/flows/api-log.test.ts',
      'test/flows/audit-api-logs.test.ts',
      'test/flows/audit-logs-histogram.test.ts',
      'test/flows/audit-logs.test.ts',
      'test/flows/audit-sessions.test.ts',
      'test/flows/audit-ui-events.test.ts',
      'test/flows/canary.test.ts',
      'test/flows/dead-letters.test.ts',
      'test/flows/export-bundle-format.test.ts',
      'test/flows/export-documents.test.ts',
      'test/flows/export-round-trip.test.ts',
      'test/flows/export-types.test.ts',
      'test/flows/holds.test.ts',
      'test/flows/ingestion.test.ts',
      'test/flows/logs-canary.test.ts',
      'test/flows/operation-approvals.test.ts',
    ],
    runs: 10,
    about:
      'lists, exports and sums against the same in memory, canaries and calls every way; runs: times what npm test tries',
  },
  operations: {
    files: ['test/faults/operations.test.ts'],
    runs: 100,
    about: 'kill -9, lost locks, duplicate deliveries and Postgres failing at every step of operations and undos',
  },
  outage: {
    files: ['test/faults/outage.test.ts'],
    runs: 60,
    about: 'ClickHouse away for ten minutes by the clock, a run being ten seconds, while events and changes go on',
  },
  audit: {
    files: ['test/faults/audit.test.ts'],
    runs: 60,
    about: 'ClickHouse and Postgres failing, duplicate deliveries while records drain',
  },
};

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { runs: { type: 'string' }, seed: { type: 'string' } },
});
const [name] = positionals;
const chosen = name === undefined ? undefined : CAMPAIGNS[name];
if (!chosen) {
  if (name !== undefined) console.error(`There is no campaign ${name}.`);
  for (const [each, { about }] of Object.entries(CAMPAIGNS)) console.log(`${each.padEnd(12)} ${about}`);
  process.exit(name === undefined ? 0 : 2);
}
const seed = values.seed ?? String(Math.floor(Math.random() * 2 ** 31));
const vitest = join(import.meta.dirname, '..', '..', 'node_modules', 'vitest', 'vitest.mjs');
const child = spawn(process.execPath, [vitest, 'run', '--project', 'flows', ...chosen.files, '--testTimeout=3600000'], {
  stdio: 'inherit',
  env: { ...process.env, FAULT_SEED: seed, FAULT_RUNS: values.runs ?? String(chosen.runs) },
});
child.on('exit', (code) => process.exit(code ?? 1));
