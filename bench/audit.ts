import { auditFigures } from './audit-figures.ts';
import { ingestFigures } from './audit-ingest.ts';
import { measureQuestions } from './audit-measure.ts';
import { openAuditSite } from './audit-site.ts';
import { storageFigures } from './audit-storage.ts';
import type { Bench } from './run.ts';

const ROWS = 20_000_000;
const SMALLER = 10;
const REQUESTS = 200;

/** Finding audit records in a large table and in one a tenth of its size, each question beside the same asked by hand. */
export async function benchAudit(bench: Bench): Promise<void> {
  const { report, rows = ROWS, runs = REQUESTS } = bench;
  const large = await openAuditSite(bench, rows);
  try {
    const small = await openAuditSite(bench, Math.ceil(rows / SMALLER));
    try {
      const measured = await measureQuestions({ small, large }, runs, report.progress);
      for (const figure of auditFigures(measured, rows)) report.figure(figure);
      for (const figure of await storageFigures(small)) report.figure(figure);
    } finally {
      await small.stop();
    }
  } finally {
    await large.stop();
  }
  for (const figure of await ingestFigures(bench)) report.figure(figure);
}
