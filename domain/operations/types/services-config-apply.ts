import * as z from 'zod';
import { configPatch } from '../../services/schema.ts';
import { operationType } from './declare.ts';
import { csvOfServices, draftOfServices, serviceTarget, serviceWarnings } from './service-target.ts';

export const servicesConfigApply = operationType({
  summary: 'Apply one change of configuration to services',
  risk: 'destructive',
  permission: 'services.config.update',
  everywhere: false,
  locks: ['service_configs'],
  target: serviceTarget,
  parameters: z.strictObject({
    patch: configPatch.refine((patch) => Object.keys(patch).length > 0, 'must change at least one field'),
  }),
  csv: csvOfServices('configs'),
  draft: draftOfServices,
  patches: ({ patch }) => ({ service_config: patch }),
  warnings: (planned, { patch }) => [
    ...serviceWarnings(planned),
    ...(patch.ipWhitelistEnabled || patch.ipWhitelist
      ? ['It changes whom the IP whitelist lets in; check that you are not left out.']
      : []),
  ],
  undo: { service_config: true },
});
