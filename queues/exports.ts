import type { Context } from '../domain/context.ts';
import { ExportInterrupted, runExport } from '../domain/exports/run-export.ts';
import { ChunkConflict } from '../domain/exports/store-chunk.ts';
import { type ExportMessage, runExportMessage } from './messages.ts';
import { ack, backoff, dead, type Outcome, retry } from './outcome.ts';

const PAUSE_SECONDS = 1;

/** Takes one export further; what is left goes into a message of its own, so that exports take turns. */
export async function consumeExport(ctx: Context, message: ExportMessage, attempts: number): Promise<Outcome> {
  try {
    const result = await runExport(ctx, message.exportId);
    if (result === 'more') await ctx.queues.exports.send(runExportMessage(message.exportId));
    if (result === 'waiting')
      await ctx.queues.exports.send(runExportMessage(message.exportId), { delaySeconds: PAUSE_SECONDS });
    return ack;
  } catch (error) {
    ctx.log.error('export interrupted', { error, exportId: message.exportId, attempts });
    const { cause, chunksWritten } = error instanceof ExportInterrupted ? error : { cause: error, chunksWritten: 0 };
    if (cause instanceof ChunkConflict) return dead(cause.message);
    // Retries count failures without progress: a long export over a shaky line must not use them up.
    if (chunksWritten > 0) {
      await ctx.queues.exports.send(runExportMessage(message.exportId), { delaySeconds: PAUSE_SECONDS });
      return ack;
    }
    return retry(backoff(attempts, Math.random()), cause instanceof Error ? cause.name : 'unknown');
  }
}
