import * as z from 'zod';
import { ADMINS } from '../../../drizzle/repositories/export-sources.ts';
import { ofPostgres } from './declare.ts';

export const admins = ofPostgres({
  title: 'Admins',
  permission: 'admins.view',
  everywhere: true,
  filter: z.strictObject({
    search: z.string().min(1).max(200).optional(),
    status: z.enum(['active', 'locked', 'removed']).optional(),
  }),
  source: ADMINS,
  narrowed: (asked) => asked,
  columns: [
    ['id', 'uuid', 'The admin’s id'],
    ['subject', 'text', 'sub of the admin’s tokens, as the issuer gives it'],
    ['email', 'text', 'E-mail address'],
    ['name', 'text', 'Name'],
    ['status', 'word', 'active, locked or removed'],
    ['roles', 'list', 'Roles held; role@service: for that service only'],
    ['created_at', 'time', 'UTC'],
    ['updated_at', 'time', 'Last change, UTC'],
    ['sessions_not_before', 'time', 'Sessions from before this were ended all at once; empty: never'],
  ],
  order: 'id',
});
