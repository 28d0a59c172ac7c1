import type { Context } from '../domain/context.ts';
import { runExport } from '../domain/exports/run-export.ts';
import { ChunkConflict } from '../domain/exports/store-chunk.ts';
import { type ExportMessage, runExportMessage } from './messages.ts';
import { ack, backoff, dead, type Outcome, retry } from './outcome.ts';

const OUTBOX_PAUSE_SECONDS = 1;

/** Takes one export further; what is left goes into a message of its own, so that exports take turns. */
export async function consumeExport(ctx: Context, message: ExportMessage, attempts: number): Promise<Outcome> {
  try {
    const result = await runExport(ctx, message.exportId);
    if (result === 'more') await ctx.queues.exports.send(runExportMessage(message.exportId));
    if (result === 'waiting')
      await ctx.queues.exports.send(runExportMessage(message.exportId), { delaySeconds: OUTBOX_PAUSE_SECONDS });
    return ack;
  } catch (error) {
    ctx.log.error('export interrupted', { error, exportId: message.exportId, attempts });
    if (error instanceof ChunkConflict) return dead(error.message);
    return retry(backoff(attempts, Math.random()), error instanceof Error ? error.name : 'unknown');
  }
}
