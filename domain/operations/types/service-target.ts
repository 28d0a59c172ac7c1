import * as z from 'zod';
import { type Counts, type CsvInput, counted, type Draft } from './declare.ts';

/** One service, some, or all that are not archived and that the caller may change. */
export const serviceTarget = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('service'), id: z.guid().toLowerCase() }),
  z.strictObject({ type: z.literal('services'), ids: z.array(z.guid().toLowerCase()).min(1).max(1000) }),
  z.strictObject({ type: z.literal('every-service') }),
]);

export const csvOfServices = (selection: CsvInput['selection']): CsvInput => ({
  row: z.strictObject({ serviceId: z.guid().toLowerCase() }),
  keyOf: ({ serviceId }) => String(serviceId),
  target: 'services',
  selection,
});

export function draftOfServices(target: z.infer<typeof serviceTarget>): Draft {
  if (target.type === 'every-service') return { selection: 'configs', targetId: null };
  const ids = target.type === 'service' ? [target.id] : target.ids;
  return {
    selection: 'configs',
    targetId: target.type === 'service' ? target.id : null,
    list: ids.map((serviceId) => ({ serviceId })),
  };
}

export function serviceWarnings({ flags }: Pick<Counts, 'flags'>): string[] {
  const [same, archived] = [flags?.unchanged ?? 0, flags?.archived ?? 0];
  return [
    ...(same > 0 ? [`${counted(same, 'service')} of these are so already and stay as they are.`] : []),
    ...(archived > 0 ? [`${counted(archived, 'service')} of these are archived.`] : []),
  ];
}
