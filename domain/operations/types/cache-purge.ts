import * as z from 'zod';
import { operationType } from './declare.ts';
import { serviceTarget } from './service-target.ts';

/** The gate reads configurations anew; the copy for days without Postgres is made anew with the next request. */
export const cachePurge = operationType({
  summary: 'Forget what the gate has kept of services’ configurations',
  risk: 'routine',
  permission: 'services.config.update',
  everywhere: false,
  locks: ['gate_copies'],
  target: serviceTarget,
  parameters: z.strictObject({}),
  draft: (target) => ({
    selection: 'gate_copies',
    targetId: target.type === 'service' ? target.id : null,
    ...(target.type === 'every-service'
      ? {}
      : { list: (target.type === 'service' ? [target.id] : target.ids).map((serviceId) => ({ serviceId })) }),
  }),
  patches: () => ({}),
  each: {
    gate_copy: {
      action: 'gate.purge',
      ofServices: true,
      apply: async (ctx, { id }) => {
        await ctx.gate.forget(id);
        return { outcome: 'succeeded' };
      },
    },
  },
  warnings: () => ['Until its next request a service without a copy is refused while Postgres is away.'],
  undo: { gate_copy: 'What is kept is made anew by the next request.' },
});
