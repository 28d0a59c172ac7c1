import type { CallerContext } from '../context.ts';
import { type FieldError, Invalid, Malformed } from '../errors.ts';
import { checkRows, fieldsOf } from './csv/check-rows.ts';
import type { LineError } from './csv/line-errors.ts';
import { readCsv } from './csv/read-csv.ts';
import { type Asked, issuesOf } from './plan-operation.ts';
import { viewOf } from './read-operation.ts';
import { requestAsked } from './request-operation.ts';
import type { OperationView } from './schema.ts';
import type { CsvInput, OperationType } from './types/declare.ts';
import { OPERATION_TYPES, type OperationTypeName } from './types/index.ts';

const ROUTE = 'POST /v1/admin/operations/upload';
const MOST_TOLD = 1000;

export interface Upload {
  reason: string;
  start: boolean;
  idempotencyKey: string | null;
  type: OperationTypeName;
  /** JSON object text. */
  parameters: string;
  /** JSON object text: field → name of its column. */
  mapping: string;
  /** Rows that are wrong are left out, instead of refusing the whole file. */
  partial: boolean;
  body: ReadableStream<Uint8Array> | null;
  declaredBytes: number | null;
}

export interface Uploaded {
  operation: OperationView;
  file: {
    rows: number;
    accepted: number;
    ignoredColumns: string[];
    /** Of rows that were left out: the first thousand. */
    errors: LineError[];
    errorCount: number;
  };
}

/**
 * Asks for an operation whose targets are the rows of a CSV file. Nothing is planned unless every row is right and names something
 * that there is; with `partial`, those that are not are left out and told.
 * @throws Invalid with an error a line, and what readCsv and requestOperation throw
 */
export async function uploadOperation(ctx: CallerContext, upload: Upload): Promise<Uploaded> {
  const declared: OperationType = OPERATION_TYPES[upload.type];
  const { csv } = declared;
  if (!csv) throw new Invalid(`${upload.type} takes no file.`, [{ field: 'type', reason: 'takes no file' }]);
  if (upload.reason.trim() === '')
    throw new Invalid('Say why, in the header Audit-Reason.', [{ field: 'audit-reason', reason: 'must say why' }]);
  const parameters = parametersOf(declared, upload);
  const mapping = jsonObject(upload.mapping, 'mapping') as Record<string, string>;
  const { body, declaredBytes, partial } = upload;
  const file = await readCsv(body, { fields: fieldsOf(csv.row), mapping, declaredBytes });
  const { rows, errors, errorCount } = checkRows(file, { schema: csv.row, keyOf: csv.keyOf });
  if (rows.length === 0 || (errorCount > 0 && !partial)) throw wrongLines(errors, errorCount);
  const list = rows.map(({ value }) => value as Record<string, unknown>);
  const asked = askedOfRows(upload.type, { csv, declared, parameters, list });
  const { reason, start, idempotencyKey } = upload;
  const same = JSON.stringify([upload.type, parameters, reason, start, partial, list]);
  const asking = { reason, start, idempotencyKey, route: ROUTE, same, schedule: null };
  const row = await requestAsked(ctx, { ...asked, partial }, asking).catch((error) => {
    throw error instanceof Invalid ? atLines(error, rows) : error;
  });
  if (!row) throw new Error('an operation asks for a schedule that nobody named');
  const unknown = (row.unknown ?? []).map(
    (n): LineError => ({ line: rows[n - 1]?.line ?? 0, column: null, reason: UNKNOWN }),
  );
  const all = [...errors, ...unknown].sort((a, b) => a.line - b.line);
  return {
    operation: viewOf(row),
    file: {
      rows: file.rowCount,
      accepted: rows.length - row.unknown_count,
      ignoredColumns: file.ignoredColumns,
      errors: all.slice(0, MOST_TOLD),
      errorCount: errorCount + row.unknown_count,
    },
  };
}

const UNKNOWN = 'there is no such thing, or none you may change';

function askedOfRows(
  type: OperationTypeName,
  o: { csv: CsvInput; declared: OperationType; parameters: unknown; list: Record<string, unknown>[] },
): Asked {
  return {
    type,
    declared: o.declared,
    target: { type: o.csv.target },
    parameters: o.parameters as Asked['parameters'],
    draft: { selection: o.csv.selection, targetId: null, list: o.list },
  };
}

function jsonObject(text: string, name: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Falls through to the one message.
  }
  throw new Malformed(`${name} must be a JSON object, such as {"sessionId":"Session"}.`);
}

function parametersOf(declared: OperationType, { type, parameters }: Upload): unknown {
  const parsed = declared.parameters.safeParse(jsonObject(parameters, 'parameters'));
  if (!parsed.success) throw new Invalid(`This is no ${type}.`, issuesOf('parameters', parsed.error));
  return parsed.data;
}

const toField = ({ line, column, reason }: LineError): FieldError => ({
  field: column === null ? `line ${line}` : `line ${line}, ${column}`,
  reason,
});

const wrongLines = (errors: LineError[], count: number): Invalid =>
  new Invalid(
    `${count} errors in the file; nothing was planned. Correct them, or repeat with ?partial=true to leave these rows out.`,
    errors.map(toField),
  );

/** What the plan says about places in the list is about lines of the file. */
function atLines(error: Invalid, rows: readonly { line: number }[]): Invalid {
  const errors = (error.errors ?? []).map(({ field, reason }) => {
    const place = /^target\.(?:ids|items)\.(\d+)$/.exec(field)?.[1];
    return place === undefined ? { field, reason } : { field: `line ${rows[Number(place)]?.line ?? '?'}`, reason };
  });
  return new Invalid(error.message, errors);
}
