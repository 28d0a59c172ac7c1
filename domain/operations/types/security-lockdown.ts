import * as z from 'zod';
import { configState } from '../../services/schema.ts';
import { counted, operationType } from './declare.ts';
import { draftOfServices, serviceTarget, serviceWarnings } from './service-target.ts';
import { SIGNED_OUT, sessionWarnings } from './session-words.ts';

/** Ends everybody's sessions at once and puts services into maintenance; what is left to do then is to write down each session's end. */
export const securityLockdown = operationType({
  summary: 'Lockdown: end everyone’s sessions and put services into maintenance',
  risk: 'destructive',
  permission: 'services.config.update',
  everywhere: true,
  locks: ['service_configs', 'sessions'],
  announces: 'operation.lockdown',
  target: z.strictObject({ type: z.literal('everyone') }),
  parameters: z.strictObject({
    /** Whoever asks stays signed in, to see it through. */
    exceptMe: z.boolean().default(true),
    /** Which services go into maintenance. */
    services: z.union([z.literal('all'), z.array(z.guid().toLowerCase()).max(1000)]).default('all'),
    message: configState.shape.maintenanceMessage.default(null),
  }),
  draft: (_, { services }) => ({
    selection: 'lockdown',
    targetId: null,
    ...(services === 'all' ? {} : { list: services.map((serviceId) => ({ serviceId })) }),
  }),
  patches: ({ message }, { at }) => ({
    admin_epoch: { sessionsNotBefore: at },
    session: { revokedAt: at },
    service_config: { maintenanceMode: true, maintenanceMessage: message },
  }),
  warnings: (counts) => [
    ...sessionWarnings(counts),
    ...serviceWarnings(counts),
    `${counted(counts.kinds?.session ?? 0, 'known session')} of ${counted(counts.kinds?.admin_epoch ?? 0, 'admin')} end; ${counted(counts.kinds?.service_config ?? 0, 'service')} go into maintenance.`,
  ],
  prompt: ['admin_epoch', 'service_config'],
  undo: { admin_epoch: SIGNED_OUT, session: SIGNED_OUT, service_config: true },
});

/** The other end of a lockdown: services come back. Sessions need nothing: who is meant signs in again. */
export const securityRelease = operationType({
  summary: 'Release a lockdown: end the maintenance of services',
  risk: 'destructive',
  permission: 'services.config.update',
  everywhere: true,
  locks: ['service_configs'],
  announces: 'operation.release',
  target: serviceTarget,
  parameters: z.strictObject({}),
  draft: draftOfServices,
  patches: () => ({ service_config: { maintenanceMode: false, maintenanceMessage: null } }),
  warnings: serviceWarnings,
  undo: { service_config: true },
});
