import type { z } from 'zod';
import type { RowKindName } from '../../../drizzle/repositories/operation-kinds.ts';
import type { Planned } from '../../../drizzle/repositories/operation-plans.ts';
import type { SelectionName } from '../../../drizzle/repositories/operation-targets.ts';
import type { Permission } from '../../access/permissions.ts';
import type { Action } from '../../audit/actions.ts';
import type { Context } from '../../context.ts';
import type { DomainError } from '../../errors.ts';
import type { Risk } from '../schema.ts';

/** What a plan asks the database for. */
export interface Draft {
  selection: SelectionName;
  /** `target_id` of the specification, where it is one thing. */
  targetId: string | null;
  /** Targets named one by one, in this order; absent: `selection` finds them. */
  list?: readonly Record<string, unknown>[];
}

/** What was counted when the plan was made: all that warnings go by. */
export type Counts = Pick<Planned, 'kinds' | 'flags' | 'duplicates'>;

/** What each target of a kind is to become, where that is the same for all. */
export type Patches = Partial<Record<RowKindName, Record<string, unknown>>>;

/** Targets that come as the rows of a CSV file. */
export interface CsvInput<Row = Record<string, unknown>> {
  /** Of one row; every cell is text. */
  row: z.ZodObject & z.ZodType<Row>;
  /** Rows of one key are the same target. */
  keyOf(row: Row): string;
  /** `type` of the target. */
  target: string;
  selection: SelectionName;
}

/** What a run knows when it says what targets become. */
export interface Told {
  /** RFC 3339: when it is planned; of an operation at work, when it began. */
  at: string;
  reason: string;
  /** null while it is planned. */
  startedBy: string | null;
}

export type Applied =
  | { outcome: 'succeeded'; before?: unknown; after?: unknown }
  | { outcome: 'skipped' | 'failed'; error: string };

/** The operation that a target is of. */
export interface Performed {
  operationId: string;
  target: Record<string, unknown>;
  parameters: Record<string, unknown>;
  reason: string;
  startedBy: string;
}

/** What is done outside of Postgres, one target at a time. A run that broke off says it again: it must come to the same. */
export interface Each {
  /** Of the audit record of each that succeeded. */
  action: Action;
  /** Its targets are services: the records are about them. */
  ofServices?: true;
  apply(ctx: Context, item: { id: string; args: unknown }, run: Performed): Promise<Applied>;
}

/**
 * A type of operation, declared: what it takes, which targets its plan freezes, what becomes of them, what can be put back.
 *
 * Rows of Postgres are changed by their kind (drizzle/repositories/operation-kinds.ts): change, outcome, record and position
 * commit together, so each target is changed once whatever happens to the run.
 */
export interface Declared<Target, Parameters> {
  summary: string;
  risk: Risk;
  /** Needed besides operations.execute, for all that it is about. */
  permission: Permission;
  /** Only grants that hold everywhere count. */
  everywhere: boolean;
  /** What must not be changed by two operations at once, by name, sorted. */
  locks: readonly string[];
  target: z.ZodType<Target>;
  parameters: z.ZodType<Parameters>;
  csv?: CsvInput;
  draft(target: Target, parameters: Parameters): Draft;
  patches(parameters: Parameters, told: Told & { target: Target }): Patches;
  /** By kind: what is not rows of Postgres. */
  each?: Readonly<Record<string, Each>>;
  /** The notification of its start. */
  announces?: 'operation.lockdown' | 'operation.release';
  /** Remarks on targets that make a plan one that must not be, whoever agrees. */
  forbids?: Readonly<Record<string, () => DomainError>>;
  warnings?(counts: Counts, parameters: Parameters): string[];
  /** Kinds that others wait for: a run does not rest among them. They come first in the plan. */
  prompt?: readonly RowKindName[];
  /** Kinds an undo puts back; of the others why it cannot. */
  undo: Readonly<Record<string, true | string>>;
}

export interface OperationType extends Declared<unknown, unknown> {}

/** Forgets what only the type itself needs to know. */
export const operationType = <Target, Parameters>(declared: Declared<Target, Parameters>): OperationType =>
  declared as unknown as OperationType;

/** "3 services", "1 service". */
export const counted = (n: number, one: string, many = `${one}s`): string => `${n} ${n === 1 ? one : many}`;
