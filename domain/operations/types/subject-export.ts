import * as z from 'zod';
import { requestForOperation } from '../../../drizzle/repositories/operation-exports.ts';
import { newEvent } from '../../access/caller.ts';
import type { Context } from '../../context.ts';
import { DomainError } from '../../errors.ts';
import { askedFor } from '../../exports/asked.ts';
import { takeUp } from '../../exports/request-export.ts';
import type { ExportTypeName } from '../../exports/types/index.ts';
import { derivedId } from '../derived-id.ts';
import { type Applied, operationType, type Performed } from './declare.ts';

/** An export of whoever started the operation: its file, links, expiry and permissions are those of any other. */
async function requestFile(ctx: Context, item: { id: string; args: unknown }, run: Performed): Promise<Applied> {
  const filter = item.args as Record<string, string>;
  const exportId = await derivedId(run.operationId, item.id);
  const { serviceId: _, ...asked } = askedFor({
    exportType: item.id as ExportTypeName,
    fileFormat: (run.parameters as z.infer<typeof parameters>).fileFormat,
    compression: 'none',
    parameters: filter,
  });
  const { operationId } = run;
  const input = { ...newEvent(ctx, 'export.request'), ...asked, exportId, operationId };
  const [row] = await ctx.db.api.run(requestForOperation, input);
  if (!row) throw new DomainError('conflict', 'The operation has ended.');
  if (row.refused !== null) return { outcome: 'failed', error: row.refused };
  if (row.status === 'queued') takeUp(ctx, exportId, row.requested_by);
  return { outcome: 'succeeded', after: { exportId, ...filter } };
}

const parameters = z.strictObject({ fileFormat: z.enum(['ndjson', 'csv', 'json']).default('ndjson') });

/** One export for each kind of data there is of a person; see drizzle/repositories/operation-targets.ts. */
export const subjectExport = operationType({
  summary: 'Make files of all that is held about one person, to be handed over: it discloses personal data',
  // Nothing takes back what somebody has read.
  risk: 'irreversible',
  permission: 'audit.view',
  everywhere: true,
  locks: ['exports'],
  target: z.discriminatedUnion('type', [
    z.strictObject({ type: z.literal('admin'), id: z.guid().toLowerCase() }),
    z.strictObject({ type: z.literal('user'), id: z.guid().toLowerCase() }),
  ]),
  parameters,
  draft: (target) => ({
    selection: 'subject_files',
    targetId: target.id,
    list: [target.type === 'admin' ? { adminId: target.id } : { userId: target.id }],
  }),
  patches: () => ({}),
  each: { subject_file: { action: 'subject.export', apply: requestFile } },
  warnings: ({ flags }) => [
    'The files belong to whoever starts it, who needs exports.request and exports.download.',
    ...(flags?.names_others
      ? ['What an admin did and saw can name others: read the files before they are handed over.']
      : []),
  ],
  undo: {
    subject_file: 'A file that was handed over cannot be called back; exports.purge removes what is still here.',
  },
});
