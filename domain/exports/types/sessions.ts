import { SESSIONS } from '../../../clickhouse/queries/export-sources.ts';
import { sessionQuery } from '../../audit/session-schema.ts';
import { rangeOf, servicesOf } from './audit-narrowed.ts';
import { ofClickHouse } from './declare.ts';

export const sessions = ofClickHouse({
  title: 'Sessions',
  permission: 'audit.view',
  // Whether a session has ended is about no service.
  everywhere: ({ ended }) => ended !== undefined,
  filter: sessionQuery.omit({ limit: true, cursor: true }),
  source: SESSIONS,
  narrowed: ({ serviceId, ended, ...asked }, scope) => ({
    ...asked,
    ...rangeOf(asked),
    ended: ended === undefined ? undefined : ended === 'true',
    readable: scope,
    asked: servicesOf(scope, serviceId),
  }),
  columns: [
    ['session_id', 'text', 'The session'],
    ['actor_id', 'uuid', 'The admin whose session it is'],
    ['actor_email', 'text', 'The admin’s last e-mail address in it'],
    ['actor_role', 'word', 'The admin’s last role in it'],
    ['kind', 'word', 'browser or token; empty: not known'],
    ['started_at', 'time', 'The first thing known of it, UTC'],
    ['last_seen_at', 'time', 'The last thing known of it, UTC'],
    ['signed_in_at', 'optional-time', 'Empty: not known'],
    ['signed_out_at', 'optional-time', 'Empty: it was not'],
    ['revoked_at', 'optional-time', 'When somebody ended it; empty: nobody did'],
    ['ip_address', 'address', 'The last one, anonymised: IPv4 to /24, IPv6 to /48'],
    ['user_agent', 'text', 'The last one, redacted'],
    ['ui_events', 'integer', 'Events of the browser'],
    ['api_calls', 'integer', 'Calls of the API'],
    ['api_errors', 'integer', 'Those answered with 400 or more'],
    ['audit_records', 'integer', 'Audit records'],
    ['changes', 'integer', 'Those that changed something'],
    ['denials', 'integer', 'Those that were refused'],
  ],
  order: 'started_at, actor_id, session_id',
  awaits: 'outbox-and-events',
});
