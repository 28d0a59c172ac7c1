import type { Api } from '../../../api/schema.gen.ts';

export type EventType = NonNullable<Api['GET /v1/admin/notification-deliveries']['query']['type']>;
export type Subscribable = Exclude<EventType, 'notification.test'>;

/** What a channel may be told of, by what it is about. */
export const EVENT_GROUPS = {
  incidents: ['incident.opened', 'incident.closed', 'dead_letter.kept', 'notification.channel_disabled'],
  operations: [
    'operation.awaiting_approval',
    'operation.finished',
    'operation.failed',
    'operation.lockdown',
    'operation.release',
    'operation.break_glass',
  ],
  exports: ['export.ready', 'export.failed', 'export.expiring', 'export.expired'],
} as const satisfies Record<string, readonly Subscribable[]>;

type Missing = Exclude<Subscribable, (typeof EVENT_GROUPS)[keyof typeof EVENT_GROUPS][number]>;
/** Their names; those of the events that are in none, if the API has such, and then nothing here compiles. */
export type EventGroup = [Missing] extends [never] ? keyof typeof EVENT_GROUPS : Missing;

export const SUBSCRIBABLE: readonly Subscribable[] = Object.values(EVENT_GROUPS).flat();
export const EVENT_TYPES: readonly EventType[] = [...SUBSCRIBABLE, 'notification.test'];
