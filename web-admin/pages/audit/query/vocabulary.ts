import { ACTIONS } from '../../../../domain/audit/actions.ts';

export type View = 'records' | 'ui-events' | 'api-logs' | 'sessions';
export const VIEWS: readonly View[] = ['records', 'ui-events', 'api-logs', 'sessions'];

/** What the values of a qualifier are, which decides what is proposed and what is refused. */
export type Kind =
  | 'actor'
  | 'action'
  | 'resource'
  | 'outcome'
  | 'service'
  | 'time'
  | 'text'
  | 'prefix'
  | 'method'
  | 'status'
  | 'duration'
  | 'ended';

export interface Qualifier {
  kind: Kind;
  /** The parameter of the API; of `actor` and `created` the kind knows. */
  param: string;
  /** The API can leave its values out. */
  negatable?: true;
}

const SHARED = {
  actor: { kind: 'actor', param: 'actorEmail' },
  service: { kind: 'service', param: 'serviceId' },
  created: { kind: 'time', param: 'from' },
} as const satisfies Record<string, Qualifier>;
const ids = {
  session: { kind: 'text', param: 'sessionId' },
  trace: { kind: 'text', param: 'traceId' },
} as const satisfies Record<string, Qualifier>;

const negatable = { negatable: true } as const;

/** The qualifiers of each list, in the order in which they are proposed. */
export const VOCABULARY: Record<View, Readonly<Record<string, Qualifier>>> = {
  records: {
    actor: { ...SHARED.actor, ...negatable },
    action: { kind: 'action', param: 'action', ...negatable },
    outcome: { kind: 'outcome', param: 'outcome', ...negatable },
    service: { ...SHARED.service, ...negatable },
    created: SHARED.created,
    resource: { kind: 'resource', param: 'resource', ...negatable },
    'resource-id': { kind: 'text', param: 'resourceId', ...negatable },
    session: { ...ids.session, ...negatable },
    trace: { ...ids.trace, ...negatable },
    request: { kind: 'text', param: 'requestId', ...negatable },
  },
  'ui-events': {
    actor: SHARED.actor,
    type: { kind: 'prefix', param: 'eventType' },
    component: { kind: 'text', param: 'componentName' },
    page: { kind: 'text', param: 'pagePath' },
    service: SHARED.service,
    created: SHARED.created,
    ...ids,
  },
  'api-logs': {
    actor: SHARED.actor,
    endpoint: { kind: 'text', param: 'endpoint' },
    method: { kind: 'method', param: 'method' },
    status: { kind: 'status', param: 'status' },
    duration: { kind: 'duration', param: 'minDurationMs' },
    error: { kind: 'text', param: 'errorCode' },
    service: SHARED.service,
    created: SHARED.created,
    ...ids,
    request: { kind: 'text', param: 'requestId' },
  },
  sessions: {
    actor: SHARED.actor,
    service: SHARED.service,
    created: SHARED.created,
    is: { kind: 'ended', param: 'ended' },
  },
};

/** How long what a list shows is kept, in years. */
export const KEPT_YEARS: Record<View, number> = { records: 7, 'ui-events': 7, 'api-logs': 7, sessions: 2 };

const beginnings = (action: string) => [...action.matchAll(/\./g)].map(({ index }) => `${action.slice(0, index)}.*`);

/** Every action, and every beginning of more than one. */
export const ACTION_VALUES: readonly string[] = (() => {
  const actions = Object.keys(ACTIONS);
  return [...new Set([...actions.flatMap(beginnings), ...actions])].sort();
})();
export const RESOURCE_VALUES: readonly string[] = [
  ...new Set(Object.values(ACTIONS).map(({ resource }) => resource)),
].sort();

export const OUTCOMES = ['success', 'denied', 'failure'] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** The ranges that are asked for most. */
export const RANGES = ['>=-1h', '>=-24h', '>=-7d', '>=-30d', '>=-90d', '>=-52w'] as const;

/** Of what is proposed only; any that is well-formed may be asked for. */
export const PROPOSED: Partial<Record<Kind, readonly string[]>> = {
  action: ACTION_VALUES,
  resource: RESOURCE_VALUES,
  outcome: OUTCOMES,
  time: RANGES,
  method: ['GET', 'POST', 'PATCH', 'PUT', 'DELETE'],
  status: ['2xx', '3xx', '4xx', '5xx', '403', '404', '409', '412', '422', '429', '503'],
  duration: ['>=100', '>=500', '>=1000', '>=5000'],
  ended: ['open', 'ended'],
};
