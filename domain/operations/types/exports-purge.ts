import * as z from 'zod';
import { EXPORT_TYPE_NAMES } from '../../exports/types/index.ts';
import { instantText } from '../../instant.ts';
import { operationType } from './declare.ts';

/** Files of exports are refused from then on, and their objects removed. */
export const exportsPurge = operationType({
  summary: 'Remove the files of exports',
  risk: 'irreversible',
  permission: 'operations.execute',
  everywhere: true,
  locks: ['exports'],
  target: z.discriminatedUnion('type', [
    z.strictObject({ type: z.literal('export'), id: z.guid().toLowerCase() }),
    z.strictObject({
      type: z.literal('exports'),
      exportType: z.enum(EXPORT_TYPE_NAMES).optional(),
      requestedBy: z.guid().toLowerCase().optional(),
      before: instantText.optional(),
    }),
  ]),
  parameters: z.strictObject({}),
  draft: (target) => ({
    selection: 'exports',
    targetId: 'id' in target ? target.id : null,
    ...('id' in target ? { list: [{ exportId: target.id }] } : {}),
  }),
  patches: (_, { at }) => ({ export: { status: 'expired', expiresAt: at } }),
  undo: { export: 'A file that was removed can only be requested anew, as the data is by then.' },
});
