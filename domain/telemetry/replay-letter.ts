import { markReplayed } from '../../drizzle/repositories/dead-letters.ts';
import type { Context } from '../context.ts';
import { sendAgain } from './dead-letters.ts';

/** Puts a letter's message back and marks it. @returns how often that was done before; null when there is no such letter */
export async function replayLetter(ctx: Context, letterId: string): Promise<{ replays: number } | null> {
  const [letter] = await ctx.db.api.run(markReplayed, { letterId });
  if (!letter) return null;
  await sendAgain(ctx, letterId, letter);
  return { replays: letter.replays };
}
