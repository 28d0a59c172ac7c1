import * as z from 'zod';
import { OPERATIONS } from '../../../drizzle/repositories/export-sources.ts';
import { instantText } from '../../instant.ts';
import { ofPostgres } from './declare.ts';

export const operations = ofPostgres({
  title: 'Operations',
  permission: 'operations.execute',
  everywhere: true,
  filter: z.strictObject({
    type: z.string().min(1).max(200).optional(),
    status: z.enum(['pending', 'running', 'completed', 'failed']).optional(),
    actorId: z.guid().optional(),
    from: instantText.optional(),
    to: instantText.optional(),
  }),
  source: OPERATIONS,
  narrowed: (asked) => asked,
  columns: [
    ['id', 'uuid', 'The operation’s id'],
    ['type', 'word', 'What it does'],
    ['actor_admin_id', 'uuid', 'The admin who asked for it'],
    ['actor_email', 'text', 'The admin’s e-mail address'],
    ['target_type', 'word', 'The kind of thing it is done to'],
    ['target_id', 'text', 'Which one; empty: many'],
    ['parameters', 'json', 'What was asked for, as JSON'],
    ['status', 'word', 'pending, running, completed or failed'],
    ['created_at', 'time', 'UTC'],
    ['started_at', 'time', 'UTC; empty: not yet'],
    ['finished_at', 'time', 'UTC; empty: not yet'],
  ],
  order: 'id',
});
