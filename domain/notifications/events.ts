import * as z from 'zod';

/** What people read: by e-mail, in Slack. `path` leads to where the API says more. */
export interface Said {
  subject: string;
  lines: readonly string[];
  path: string;
}

interface Event<Schema extends z.ZodType> {
  /** Ids, counts, names of types, no rows, no addresses, no links. */
  data: Schema;
  say(data: z.infer<Schema>): Said;
  /** Every active owner has an e-mail of it besides. */
  toOwners: boolean;
}

const event = <Schema extends z.ZodType>(
  data: Schema,
  say: (data: z.infer<Schema>) => Said,
  { toOwners = false } = {},
): Event<Schema> => ({ data, say, toOwners });

const text = z.string();
const instant = z.iso.datetime({ precision: 3 });

const exported = {
  exportId: z.uuid(),
  exportType: text,
  name: text.nullable(),
  requestedBy: z.uuid(),
  rows: z.number(),
  bytes: z.number(),
};
const anExport = z.strictObject({ ...exported, failureReason: text.nullable() });

const sayExport =
  (what: string, line: (data: { rows: number; failureReason?: string | null; expiresAt?: string }) => string) =>
  (data: { exportId: string; exportType: string; name: string | null; rows: number }): Said => ({
    subject: `Export ${what}: ${data.name ?? data.exportType}`,
    lines: [line(data)],
    path: `/v1/admin/exports/${data.exportId}`,
  });

const anOperation = z.strictObject({
  operationId: z.uuid(),
  operationType: text,
  phase: text,
  requestedBy: z.uuid(),
  itemsTotal: z.number(),
  itemsDone: z.number(),
  itemsFailed: z.number(),
  failureReason: text.nullable(),
  /** All active owners, by id, of a broken glass. */
  owners: z.array(z.uuid()).optional(),
});

const counts = ({ itemsDone, itemsTotal, itemsFailed }: z.infer<typeof anOperation>) =>
  `${itemsDone} of ${itemsTotal} done, ${itemsFailed} failed.`;

const sayOperation =
  (what: string, line: (data: z.infer<typeof anOperation>) => string) =>
  (data: z.infer<typeof anOperation>): Said => ({
    subject: `Operation ${what}: ${data.operationType}`,
    lines: [line(data)],
    path: `/v1/admin/operations/${data.operationId}`,
  });

const anIncident = z.strictObject({
  incidentId: z.uuid(),
  rule: text,
  component: text,
  severity: z.enum(['warning', 'critical']),
  startedAt: instant,
  endedAt: instant.nullable(),
  detail: text,
});

const sayIncident =
  (what: string) =>
  ({ rule, component, severity, startedAt, endedAt, detail }: z.infer<typeof anIncident>): Said => ({
    subject: `Incident ${what} (${severity}): ${component}`,
    lines: [detail, `Rule: ${rule}. Since ${startedAt}${endedAt ? `, until ${endedAt}` : ''}.`],
    path: '/v1/observability/status',
  });

/** Everything somebody outside may be told of: what its data holds, and the one text people read. */
export const EVENTS = {
  'export.ready': event(
    anExport,
    sayExport('ready', ({ rows }) => `Its file has ${rows} rows and can be downloaded.`),
  ),
  'export.failed': event(
    anExport,
    sayExport('failed', ({ failureReason }) => failureReason ?? 'It says why.'),
  ),
  'export.expiring': event(
    z.strictObject({ ...exported, expiresAt: instant }),
    sayExport('about to expire', ({ expiresAt }) => `Its file is removed at ${expiresAt}.`),
  ),
  'export.expired': event(
    anExport,
    sayExport('expired', () => 'Its file was removed. Request it again if you need it.'),
  ),
  'operation.awaiting_approval': event(
    anOperation,
    sayOperation(
      'awaits approval',
      ({ itemsTotal }) => `It is about ${itemsTotal} targets and waits for another admin.`,
    ),
  ),
  'operation.finished': event(anOperation, sayOperation('finished', counts)),
  'operation.failed': event(
    anOperation,
    sayOperation('failed', (data) => `${data.failureReason ?? 'It says why.'} ${counts(data)}`),
  ),
  'operation.lockdown': event(
    anOperation,
    sayOperation('locks services down', ({ itemsTotal }) => `${itemsTotal} targets.`),
  ),
  'operation.release': event(
    anOperation,
    sayOperation('releases services', ({ itemsTotal }) => `${itemsTotal} targets.`),
  ),
  'operation.break_glass': event(
    anOperation,
    sayOperation(
      'started without approval',
      () => 'An owner started it alone (break-glass). Another owner must look at it and review it.',
    ),
    { toOwners: true },
  ),
  'incident.opened': event(anIncident, sayIncident('opened')),
  'incident.closed': event(anIncident, sayIncident('closed')),
  'dead_letter.kept': event(
    z.strictObject({ letterId: text, queue: text, reason: text, attempts: z.number() }),
    ({ letterId, queue, reason, attempts }) => ({
      subject: `Dead letter in ${queue}`,
      lines: [`Message ${letterId} was given up after ${attempts} deliveries: ${reason}. It can be replayed.`],
      path: `/v1/audit/dead-letters?queue=${queue}`,
    }),
  ),
  'notification.channel_disabled': event(
    z.strictObject({ channelId: z.uuid(), channelName: text, channelType: text, reason: z.enum(['gone', 'failing']) }),
    ({ channelId, channelName, channelType, reason }) => ({
      subject: `Notifications stopped: ${channelName}`,
      lines: [
        reason === 'gone'
          ? `The receiver of this ${channelType} channel answered that it wants nothing any more (410).`
          : `Nothing could be delivered to this ${channelType} channel for a day.`,
        'It is switched off until somebody enables it again.',
      ],
      path: `/v1/admin/notification-channels/${channelId}`,
    }),
    { toOwners: true },
  ),
  'notification.test': event(z.strictObject({ channelId: z.uuid() }), ({ channelId }) => ({
    subject: 'Test notification',
    lines: ['Somebody tested this channel. It works.'],
    path: `/v1/admin/notification-channels/${channelId}`,
  })),
} as const;

export type EventType = keyof typeof EVENTS;
export type DataOf<Type extends EventType> = z.infer<(typeof EVENTS)[Type]['data']>;

const TYPES = Object.keys(EVENTS) as EventType[];
export const EVENT_TYPES = TYPES as [EventType, ...EventType[]];
/** Of a test every channel is told that is tested, and no other. */
export const SUBSCRIBABLE = TYPES.filter((type) => type !== 'notification.test') as [EventType, ...EventType[]];

export const isEventType = (type: string): type is EventType => Object.hasOwn(EVENTS, type);
