import type { Context } from '../context.ts';

/** A meter that counts nothing. */
export const UNMEASURED: Context['meter'] = {
  count: () => undefined,
  observe: () => undefined,
  send: async () => undefined,
};
