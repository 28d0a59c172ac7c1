import * as z from 'zod';
import { TESTERS } from '../../../drizzle/repositories/export-sources.ts';
import { servicesOf } from './audit-narrowed.ts';
import { ofPostgres } from './declare.ts';

export const testers = ofPostgres({
  title: 'Testers',
  permission: 'services.view',
  filter: z.strictObject({ serviceId: z.guid().optional() }),
  source: TESTERS,
  narrowed: ({ serviceId }, scope) => ({ services: servicesOf(scope, serviceId) }),
  columns: [
    ['id', 'uuid', 'The entry’s id'],
    ['service_id', 'uuid', 'The service'],
    ['service_slug', 'word', 'The service’s short name'],
    ['kind', 'word', 'user: a user of the service; admin: one of staff'],
    ['tester_id', 'uuid', 'The user’s or admin’s id'],
    ['email', 'text', 'Of an admin'],
    ['bypass_domain', 'boolean', 'Whether the host is not checked; empty for an admin'],
    ['bypass_ip', 'boolean', 'Whether the address is not checked; empty for an admin'],
    ['bypass_rate_limit', 'boolean', 'Whether requests are not counted; empty for an admin'],
    ['expires_at', 'time', 'From then on it does not count, UTC; empty: never'],
    ['note', 'text', 'Why'],
    ['created_by', 'uuid', 'The admin who made it'],
    ['created_at', 'time', 'UTC'],
  ],
  order: 'service_id, id',
});
