import type { Context } from '../domain/context.ts';
import { causeOf } from '../domain/exports/causes.ts';
import { DocumentRefused } from '../domain/exports/documents/refused.ts';
import { ExportInterrupted, runExport } from '../domain/exports/run-export.ts';
import { ChunkConflict } from '../domain/exports/store-chunk.ts';
import { failExportFor } from '../domain/exports/sweep-exports.ts';
import { type ExportMessage, runExportMessage } from './messages.ts';
import { ack, backoff, type Outcome, retry } from './outcome.ts';

const PAUSE_SECONDS = 1;

/** Takes one export further; what is left goes into a message of its own, so that exports take turns. */
export async function consumeExport(ctx: Context, message: ExportMessage, attempts: number): Promise<Outcome> {
  const { exportId } = message;
  const again = async (delaySeconds: number): Promise<Outcome> => {
    await ctx.queues.exports.send(runExportMessage(exportId, ctx.origin.traceparent), { delaySeconds });
    return ack;
  };
  try {
    const result = await runExport(ctx, exportId);
    ctx.meter.count('steward_export_runs_total', { result });
    if (result === 'more') return await again(0);
    if (result === 'waiting' || result === 'no-turn') return await again(PAUSE_SECONDS);
    return ack;
  } catch (error) {
    ctx.meter.count('steward_export_runs_total', { result: 'interrupted' });
    ctx.log.error('export interrupted', { error, exportId, attempts });
    const { cause, chunksWritten } = error instanceof ExportInterrupted ? error : { cause: error, chunksWritten: 0 };
    // No further try at the same parts can help; a new beginning can, and that is somebody's decision.
    if (cause instanceof ChunkConflict || cause instanceof DocumentRefused) {
      const advice = cause instanceof DocumentRefused ? 'Request another format, or retry it' : 'Retry it';
      await failExportFor(
        ctx,
        exportId,
        `The file cannot be made: ${causeOf(cause)}. ${advice}; it begins anew.`,
        true,
      );
      return ack;
    }
    // Retries count failures without progress: a long export over a shaky line must not use them up.
    if (chunksWritten > 0) return await again(PAUSE_SECONDS);
    return retry(backoff(attempts, Math.random()), cause instanceof Error ? cause.name : 'unknown');
  }
}
