import * as z from 'zod';
import { counted, operationType } from './declare.ts';
import { SIGNED_OUT, sessionWarnings } from './session-words.ts';

const SELECTION = {
  admin: 'sessions_of_admin',
  role: 'sessions_of_role',
  service: 'sessions_of_service',
  everyone: 'sessions_of_everyone',
  sessions: 'sessions_listed',
} as const;

/**
 * Ends sign-in sessions. Whole admins: first their epoch, by which every token issued before the plan is refused from the next
 * request on, listed or not; then the rows.
 */
export const sessionsRevoke = operationType({
  summary: 'End sign-in sessions: of one admin, of a role, of a service’s admins, of everyone, or those listed',
  risk: 'destructive',
  permission: 'operations.execute',
  everywhere: true,
  locks: ['sessions'],
  target: z.discriminatedUnion('type', [
    z.strictObject({ type: z.literal('admin'), id: z.guid().toLowerCase() }),
    z.strictObject({ type: z.literal('role'), id: z.guid().toLowerCase() }),
    z.strictObject({ type: z.literal('service'), id: z.guid().toLowerCase() }),
    z.strictObject({ type: z.literal('everyone') }),
    z.strictObject({ type: z.literal('sessions'), ids: z.array(z.string().min(1).max(200)).min(1).max(1000) }),
  ]),
  parameters: z.strictObject({
    /** Leaves out whoever asks; of one admin and of listed sessions nobody is left out. */
    exceptMe: z.boolean().default(true),
  }),
  csv: {
    row: z.strictObject({ sessionId: z.string().min(1).max(200) }),
    keyOf: ({ sessionId }) => String(sessionId),
    target: 'sessions',
    selection: 'sessions_listed',
  },
  draft: (target) => ({
    selection: SELECTION[target.type],
    targetId: 'id' in target ? target.id : null,
    ...(target.type === 'admin' ? { list: [{ adminId: target.id }] } : {}),
    ...(target.type === 'sessions' ? { list: target.ids.map((sessionId) => ({ sessionId })) } : {}),
  }),
  patches: (_, { at }) => ({ admin_epoch: { sessionsNotBefore: at }, session: { revokedAt: at } }),
  warnings: (planned) => [
    ...sessionWarnings(planned),
    ...(planned.flags?.unchanged
      ? [`${counted(planned.flags.unchanged, 'session')} of these ended already and stay as they are.`]
      : []),
    `${counted(planned.kinds?.session ?? 0, 'known session')} of ${counted(planned.kinds?.admin_epoch ?? 0, 'admin')} end; who is meant signs in again.`,
  ],
  prompt: ['admin_epoch'],
  undo: { admin_epoch: SIGNED_OUT, session: SIGNED_OUT },
});
