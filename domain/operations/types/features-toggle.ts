import * as z from 'zod';
import { counted, operationType } from './declare.ts';

const named = z.strictObject({
  serviceId: z.guid().toLowerCase(),
  code: z.string().min(1).max(200),
  isActive: z.boolean(),
});

const keyOf = ({ serviceId, code }: z.infer<typeof named>) => `${serviceId} ${code}`;

export const featuresToggle = operationType({
  summary: 'Switch features on or off',
  risk: 'routine',
  permission: 'services.features.manage',
  everywhere: false,
  locks: ['service_features'],
  target: z.strictObject({
    type: z.literal('features'),
    items: z
      .array(named)
      .min(1)
      .max(1000)
      .refine((items) => new Set(items.map(keyOf)).size === items.length, 'must name each feature once'),
  }),
  csv: {
    row: z.strictObject({ serviceId: named.shape.serviceId, code: named.shape.code, isActive: z.stringbool() }),
    keyOf: (row) => keyOf(row as z.infer<typeof named>),
    target: 'features',
    selection: 'features_listed',
  },
  parameters: z.strictObject({}),
  draft: ({ items }) => ({ selection: 'features_listed', targetId: null, list: items }),
  // Each target says for itself what it is to become.
  patches: () => ({ service_feature: {} }),
  warnings: ({ flags }) =>
    flags?.unchanged ? [`${counted(flags.unchanged, 'feature')} of these are so already and stay as they are.`] : [],
  undo: { service_feature: true },
});
