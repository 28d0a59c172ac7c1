import * as z from 'zod';
import { PERSONAL_DATA } from '../../../drizzle/repositories/export-personal-data.ts';
import { ofPostgres } from './declare.ts';

/**
 * What Postgres holds about one person: an admin, or a user who is a tester. Left out are
 * - who else had a hand in it: who granted a role or noted a tester; of what the person made or asked for, whom it was about;
 * - the ids of sessions, keys of requests and where files lie: they open something;
 * - copies: the frozen targets of operations, whose outcome is here; what waits in the outbox, which the files of audit records wait for;
 * - messages nobody could deliver: whose they are is known once they are put back, by the files of events;
 * - others' exports that were narrowed to the person: what somebody looked for is in the audit records;
 * - legal holds on the person's records, and schedules about the person: a matter that is not over, which no file should tell of;
 * - who else is told by a channel of theirs, and what it was told: of things, by their ids;
 * - what there is of a person in ClickHouse: audit records, calls, events and sessions are export types of their own.
 */
export const personalData = ofPostgres({
  title: 'Personal data',
  permission: 'audit.view',
  everywhere: true,
  filter: z
    .strictObject({ adminId: z.guid().optional(), userId: z.guid().optional() })
    .refine(({ adminId, userId }) => (adminId === undefined) !== (userId === undefined), {
      message: 'must name one person: adminId or userId',
    }),
  source: PERSONAL_DATA,
  narrowed: (asked) => asked,
  columns: [
    ['store', 'word', 'The table of Postgres'],
    [
      'id',
      'word',
      'The row’s id in it; of a session a hash of it, of an operation’s item the operation’s id and its place',
    ],
    ['relation', 'list', 'What the person is to it: self, holder, tester, creator, owner, requester, target, …'],
    ['created_at', 'time', 'UTC; of an operation’s item when it was done'],
    ['data', 'json', 'What it says about the person, as JSON'],
  ],
  order: 'store, id',
});
