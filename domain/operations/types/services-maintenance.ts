import * as z from 'zod';
import { instantText } from '../../instant.ts';
import { configState } from '../../services/schema.ts';
import { operationType } from './declare.ts';
import { csvOfServices, draftOfServices, serviceTarget, serviceWarnings } from './service-target.ts';

/** What visitors read; the end is planned, not kept: nothing switches maintenance off by itself. */
const messageOf = (message: string | null, plannedEnd: string | undefined): string | null => {
  if (plannedEnd === undefined) return message;
  return [message ?? 'Maintenance is under way.', `It is planned to end at ${plannedEnd}.`].join(' ');
};

export const servicesMaintenance = operationType({
  summary: 'Switch maintenance on or off for services',
  risk: 'routine',
  permission: 'services.config.update',
  everywhere: false,
  locks: ['service_configs'],
  target: serviceTarget,
  parameters: z
    .strictObject({
      maintenanceMode: z.boolean(),
      message: configState.shape.maintenanceMessage.default(null),
      /** RFC 3339; goes into the message. */
      plannedEnd: instantText.optional(),
    })
    .refine(({ maintenanceMode, plannedEnd }) => maintenanceMode || plannedEnd === undefined, {
      path: ['plannedEnd'],
      message: 'has a meaning only where maintenance is switched on',
    }),
  csv: csvOfServices('configs'),
  draft: draftOfServices,
  patches: ({ maintenanceMode, message, plannedEnd }) => ({
    service_config: { maintenanceMode, maintenanceMessage: maintenanceMode ? messageOf(message, plannedEnd) : null },
  }),
  warnings: serviceWarnings,
  undo: { service_config: true },
});
