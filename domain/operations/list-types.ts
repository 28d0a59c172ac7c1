import * as z from 'zod';
import type { Permission } from '../access/permissions.ts';
import type { Risk } from './schema.ts';
import type { OperationType } from './types/declare.ts';
import { OPERATION_TYPES, type OperationTypeName } from './types/index.ts';

export interface TypeView {
  type: OperationTypeName;
  summary: string;
  risk: Risk;
  /** Needed besides operations.execute. */
  permission: Permission;
  /** Only grants that hold everywhere count. */
  everywhere: boolean;
  /** JSON Schema 2020-12. */
  target: Record<string, unknown>;
  parameters: Record<string, unknown>;
  /** Columns of a file it takes; null: it takes none. */
  csvColumns: string[] | null;
  /** Kinds of targets an undo puts back; of the others why it cannot. */
  undo: Record<string, true | string>;
}

// What is sent, not what it is made into.
const schemaOf = (schema: z.ZodType): Record<string, unknown> => ({
  ...z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }),
});

/** Every type of operation, with what it takes: forms can be made of it. */
export function listTypes(): TypeView[] {
  return Object.entries<OperationType>(OPERATION_TYPES).map(([type, declared]) => ({
    type: type as OperationTypeName,
    summary: declared.summary,
    risk: declared.risk,
    permission: declared.permission,
    everywhere: declared.everywhere,
    target: schemaOf(declared.target),
    parameters: schemaOf(declared.parameters),
    csvColumns: declared.csv ? Object.keys(declared.csv.row.shape) : null,
    undo: { ...declared.undo },
  }));
}
