import { z } from '@hono/zod-openapi';
import { PHASES } from '../../domain/operations/phases.ts';
import { OPERATION_STATUSES, RISKS } from '../../domain/operations/schema.ts';

const instant = z.iso.datetime();

const plan = z.object({
  hash: z.string().nullable().openapi({
    description:
      'SHA-256, hexadecimal, of lines: type, target and parameters as JSON, and for each target its kind, id, version and arguments, separated by tabs',
  }),
  itemsTotal: z.int(),
  kinds: z.record(z.string(), z.int()).openapi({ description: 'Targets of each kind' }),
  sample: z
    .array(z.object({ kind: z.string(), id: z.string(), label: z.string(), flag: z.string().nullable() }))
    .openapi({ description: 'The first targets' }),
  warnings: z.array(z.string()),
  undo: z
    .record(z.string(), z.union([z.literal(true), z.string()]))
    .openapi({ description: 'By kind: true, an undo puts it back; otherwise why it cannot' }),
});
export const planView = plan.openapi('OperationPlan');

export const operationView = z
  .object({
    id: z.guid(),
    type: z.string(),
    risk: z.enum(RISKS),
    actorAdminId: z.guid(),
    targetType: z.string(),
    targetId: z.string().nullable(),
    parameters: z.record(z.string(), z.unknown()),
    reason: z.string(),
    status: z.enum(OPERATION_STATUSES),
    phase: z.enum(PHASES).openapi({ description: 'What the status leaves open' }),
    createdAt: instant,
    startedAt: instant.nullable(),
    finishedAt: instant.nullable(),
    plan: planView,
    approval: z.object({
      needed: z.int(),
      roles: z
        .array(z.string())
        .openapi({ description: 'One of these is needed besides operations.approve; empty: any' }),
      expiresAt: instant.nullable(),
      decisions: z.array(
        z.object({
          adminId: z.guid(),
          email: z.string(),
          decision: z.enum(['approve', 'reject']),
          reason: z.string(),
          createdAt: instant,
        }),
      ),
    }),
    startedBy: z.guid().nullable(),
    breakGlass: z
      .object({ reviewedBy: z.guid().nullable(), reviewedAt: instant.nullable() })
      .nullable()
      .openapi({ description: 'Started without approval; reviewedAt null: no other owner has looked at it yet' }),
    itemsDone: z.int(),
    itemsFailed: z.int(),
    itemsSkipped: z.int(),
    itemsUndone: z.int(),
    activeMs: z.int().openapi({ description: 'Milliseconds at work, without waiting and pauses' }),
    progress: z.object({
      percent: z.number(),
      itemsPerSecond: z.number().nullable(),
      etaSeconds: z.number().nullable(),
    }),
    heldBy: z
      .array(z.object({ lock: z.string(), operationId: z.guid(), type: z.string(), email: z.string(), since: instant }))
      .openapi({ description: 'Who has what it needs now: itself, or the operation it waits for' }),
    lastError: z.string().nullable().openapi({ description: 'Why the last run broke off; it is tried again' }),
    failureReason: z.string().nullable(),
    scheduleId: z.guid().nullable(),
  })
  .openapi('Operation');

export const itemView = z
  .object({
    seq: z.int(),
    kind: z.string(),
    targetId: z.string(),
    label: z.string(),
    outcome: z.enum(['pending', 'succeeded', 'skipped', 'failed']),
    error: z.string().nullable(),
    before: z.unknown().openapi({ description: 'null too without the permission on what it is about' }),
    after: z.unknown(),
    doneAt: instant.nullable(),
    undoOutcome: z.enum(['undone', 'left', 'failed']).nullable(),
    undoError: z.string().nullable(),
  })
  .openapi('OperationItem');

export const typeView = z
  .object({
    type: z.string(),
    summary: z.string(),
    risk: z.enum(RISKS),
    permission: z.string().openapi({ description: 'Needed besides operations.execute' }),
    everywhere: z.boolean().openapi({ description: 'Only grants that hold everywhere count' }),
    target: z.record(z.string(), z.unknown()).openapi({ description: 'JSON Schema' }),
    parameters: z.record(z.string(), z.unknown()).openapi({ description: 'JSON Schema' }),
    csvColumns: z.array(z.string()).nullable().openapi({ description: 'Of a file it takes; null: it takes none' }),
    undo: z.record(z.string(), z.union([z.literal(true), z.string()])),
  })
  .openapi('OperationType');
