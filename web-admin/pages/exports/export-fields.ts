import type { Api } from '../../api/schema.gen.ts';
import type { Field, ListField, ObjectField, Property } from '../../components/schema-form/field.ts';

export type ExportTypeName = Api['POST /v1/admin/exports']['body']['exportType'];
export type FormatName = NonNullable<Api['POST /v1/admin/exports']['body']['fileFormat']>;
export const FORMATS = ['csv', 'json', 'ndjson', 'pdf', 'xlsx'] as const satisfies FormatName[];

/** Compressed already. */
export const isDocument = (format: string): boolean => format === 'pdf' || format === 'xlsx';

const LONGEST = 200;
const optional = (name: string, field: Field): Property => ({ name, field, required: false, nullable: false });
const text = (name: string, max = LONGEST, pattern: string | null = null) =>
  optional(name, { kind: 'text', min: 1, max, pattern });
const AN_ID = { kind: 'id', pattern: '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$' } as const;
const id = (name: string) => optional(name, AN_ID);
const instant = (name: string) => optional(name, { kind: 'instant', pattern: null });
const choice = (name: string, options: string[], initial?: string): Property => ({
  ...optional(name, { kind: 'choice', options }),
  ...(initial === undefined ? {} : { initial }),
});

const OUTCOMES = ['success', 'denied', 'failure'];
const MOST_LEFT_OUT = 20;

/** Values that leave rows out. */
const without = (name: string, of: ListField['of'] = { kind: 'text', min: 1, max: LONGEST, pattern: null }) =>
  optional(name, { kind: 'list', of, min: 1, max: MOST_LEFT_OUT });

const leftOut = [
  without('notActorId', AN_ID),
  without('notActorEmail'),
  without('notAction'),
  without('notResource'),
  without('notResourceId'),
  without('notServiceId', AN_ID),
  without('notOutcome', { kind: 'choice', options: OUTCOMES }),
  without('notTraceId'),
  without('notRequestId'),
  without('notSessionId'),
];

const time = [instant('from'), instant('to')];
const who = [id('actorId'), text('actorEmail')];
const about = [text('traceId'), text('requestId'), text('sessionId')];
const records = [
  ...time,
  ...who,
  text('action'),
  text('resource'),
  text('resourceId'),
  id('serviceId'),
  choice('outcome', OUTCOMES),
  ...about,
  text('q'),
  ...leftOut,
];

/** What each kind can be narrowed by: the filter of its list. A test compares it with what the server declares. */
const FILTERS: Record<ExportTypeName, Property[]> = {
  audit_logs: records,
  security_events: records,
  activity_summary: records,
  api_logs: [
    ...time,
    text('endpoint', 500),
    text('method', 20, '^[A-Za-z]{1,20}$'),
    text('status', 3, '^[1-5](?:\\d\\d|xx)$'),
    optional('minDurationMs', { kind: 'integer', min: 0, max: 4_294_967_295 }),
    ...who,
    id('serviceId'),
    ...about,
    text('errorCode'),
  ],
  ui_events: [
    ...time,
    ...who,
    text('eventType'),
    text('componentName'),
    text('pagePath', 500),
    id('serviceId'),
    text('sessionId'),
    text('traceId'),
  ],
  sessions: [...time, ...who, id('serviceId'), choice('ended', ['true', 'false'])],
  operations: [text('type'), choice('status', ['pending', 'running', 'completed', 'failed']), id('actorId'), ...time],
  services: [id('serviceId'), text('search'), choice('archived', ['false', 'true', 'any'], 'false')],
  features: [id('serviceId')],
  testers: [id('serviceId')],
  admins: [text('search'), choice('status', ['active', 'locked', 'removed'])],
  personal_data: [id('adminId'), id('userId')],
};

export const EXPORT_TYPES = Object.keys(FILTERS) as ExportTypeName[];
export const isExportType = (name: string | undefined): name is ExportTypeName =>
  EXPORT_TYPES.some((each) => each === name);

/** @param isPeriod a period says which times: the schedule gives them itself */
export const filterOf = (type: ExportTypeName, isPeriod = false): ObjectField => ({
  kind: 'object',
  properties: FILTERS[type].filter(({ name }) => !isPeriod || (name !== 'from' && name !== 'to')),
});

/** The fields that narrow, and those that leave out: few need the latter. */
export function partsOf({ properties }: ObjectField): { narrowing: ObjectField; leavingOut: ObjectField } {
  const isOut = ({ name }: Property) => /^not[A-Z]/.test(name);
  return {
    narrowing: { kind: 'object', properties: properties.filter((each) => !isOut(each)) },
    leavingOut: { kind: 'object', properties: properties.filter(isOut) },
  };
}

/** Whether its rows can be narrowed to a time. */
export const hasTimes = (type: ExportTypeName): boolean => FILTERS[type].some(({ name }) => name === 'from');
