import * as z from 'zod';
import { SERVICES } from '../../../drizzle/repositories/export-sources.ts';
import { servicesOf } from './audit-narrowed.ts';
import { ofPostgres } from './declare.ts';

export const services = ofPostgres({
  title: 'Services and configuration',
  permission: 'services.view',
  filter: z.strictObject({
    serviceId: z.guid().optional(),
    search: z.string().min(1).max(200).optional(),
    archived: z.enum(['true', 'false', 'any']).default('false'),
  }),
  source: SERVICES,
  narrowed: ({ serviceId, ...asked }, scope) => ({ ...asked, services: servicesOf(scope, serviceId) }),
  columns: [
    ['id', 'uuid', 'The service’s id'],
    ['slug', 'word', 'Its short name'],
    ['name', 'text', 'Its name'],
    ['description', 'text', 'What it is'],
    ['created_at', 'time', 'UTC'],
    ['updated_at', 'time', 'Last change of the service itself, UTC'],
    ['archived_at', 'time', 'UTC; empty: it is not archived'],
    ['jwt_validation', 'boolean', 'Whether the gate checks tokens'],
    ['domain_validation', 'boolean', 'Whether the gate checks the caller’s host'],
    ['domains', 'list', 'Hosts that may call it'],
    ['ip_whitelist_enabled', 'boolean', 'Whether the gate checks the caller’s address'],
    ['ip_whitelist', 'list', 'Addresses and ranges that may call it'],
    ['rate_limit_enabled', 'boolean', 'Whether the gate counts requests'],
    ['rate_limit_requests', 'integer', 'Requests allowed in a window'],
    ['rate_limit_window', 'integer', 'Seconds of a window'],
    ['maintenance_mode', 'boolean', 'Whether only testers may pass'],
    ['maintenance_message', 'text', 'What others are told then'],
    ['audit_level', 'word', 'MINIMAL, STANDARD or DETAILED'],
    ['config_version', 'integer', 'Version of the configuration'],
    ['config_updated_at', 'time', 'Its last change, UTC'],
  ],
  order: 'id',
});
