import * as z from 'zod';
import { FEATURES } from '../../../drizzle/repositories/export-sources.ts';
import { servicesOf } from './audit-narrowed.ts';
import { ofPostgres } from './declare.ts';

export const features = ofPostgres({
  title: 'Features',
  permission: 'services.view',
  filter: z.strictObject({ serviceId: z.guid().optional() }),
  source: FEATURES,
  narrowed: ({ serviceId }, scope) => ({ services: servicesOf(scope, serviceId) }),
  columns: [
    ['id', 'uuid', 'The feature’s id'],
    ['service_id', 'uuid', 'Its service'],
    ['service_slug', 'word', 'Its service’s short name'],
    ['parent_id', 'uuid', 'The feature above it; empty: none'],
    ['code', 'text', 'Its code'],
    ['name', 'text', 'Its name'],
    ['description', 'text', 'What it is'],
    ['category', 'text', 'Its category'],
    ['is_active', 'boolean', 'Whether it is on'],
    ['is_default', 'boolean', 'Whether it is on for new users'],
    ['display_order', 'integer', 'Place among its siblings'],
    ['created_by', 'uuid', 'The admin who made it'],
    ['created_at', 'time', 'UTC'],
    ['updated_at', 'time', 'Last change, UTC'],
  ],
  order: 'service_id, id',
});
