import * as z from 'zod';
import { DEAD_LETTER_QUEUES } from '../../telemetry/dead-letters.ts';
import { replayLetter } from '../../telemetry/replay-letter.ts';
import { counted, operationType } from './declare.ts';

const SENT = 'What was put back into its queue is on its way.';

export const deadLettersReplay = operationType({
  summary: 'Put dead letters back into their queues',
  risk: 'routine',
  permission: 'operations.execute',
  everywhere: true,
  locks: ['dead_letters'],
  target: z.discriminatedUnion('type', [
    z.strictObject({
      type: z.literal('letters'),
      ids: z.array(z.string().min(1).max(200)).min(1).max(1000),
    }),
    z.strictObject({ type: z.literal('queue'), queue: z.enum(DEAD_LETTER_QUEUES) }),
    z.strictObject({ type: z.literal('every-queue') }),
  ]),
  parameters: z.strictObject({}),
  draft: (target) => ({
    selection: 'dead_letters',
    targetId: target.type === 'queue' ? target.queue : null,
    ...(target.type === 'letters' ? { list: target.ids.map((letterId) => ({ letterId })) } : {}),
  }),
  patches: () => ({}),
  each: {
    dead_letter: {
      action: 'dead-letter.replay',
      // Its message has the ids it always had: put back twice it does no harm.
      apply: async (ctx, { id }) => {
        const replayed = await replayLetter(ctx, id);
        return replayed
          ? { outcome: 'succeeded', before: { replays: replayed.replays }, after: { replays: replayed.replays + 1 } }
          : { outcome: 'failed', error: 'It does not exist any more.' };
      },
    },
  },
  warnings: ({ flags }) =>
    flags?.replayed ? [`${counted(flags.replayed, 'letter')} of these were put back before.`] : [],
  undo: { dead_letter: SENT },
});
