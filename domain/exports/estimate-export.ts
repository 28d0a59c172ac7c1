import { authorise } from '../../drizzle/repositories/authorise.ts';
import { recentSpeed } from '../../drizzle/repositories/export-speed.ts';
import { callerInput } from '../access/caller.ts';
import { assertAllowed } from '../access/verdict.ts';
import { type Action, EVERYWHERE, ruleOf } from '../audit/actions.ts';
import type { CallerContext } from '../context.ts';
import { Invalid, Unavailable } from '../errors.ts';
import { clickhouseTime } from '../instant.ts';
import { askedFor, normalised } from './asked.ts';
import { FILE_FORMATS, frameOf } from './file-format.ts';
import type { ExportSpecification } from './schema.ts';
import { compressed } from './store-chunk.ts';
import type { ExportType, Wanted } from './types/declare.ts';
import { EXPORT_TYPES } from './types/index.ts';

export interface ExportEstimate {
  /** Exactly, now. */
  rows: number;
  /** Of the file, going by its first rows. */
  bytes: number;
  /** At work; waiting for other exports comes on top. */
  seconds: number;
  /** Whether `seconds` goes by what exports like this one took; assumed: there was none yet. */
  basis: 'measured' | 'assumed';
  /** null: it may have any number of rows. */
  maxRows: number | null;
  fits: boolean;
}

const SAMPLE_BYTES = 64 * 1024;
/** Rows a second, until the first export has been measured. */
const ASSUMED_SPEED = 5_000;
const STARTING_SECONDS = 1;

/** What an export would be now. @throws NotFound, Unauthenticated, Unavailable, DomainError forbidden */
export async function estimateExport(ctx: CallerContext, asked: ExportSpecification): Promise<ExportEstimate> {
  const { type, wanted } = await wantedNow(ctx, 'export.estimate', asked);
  const { maxRows } = FILE_FORMATS[asked.fileFormat];
  const rows = await answered(type.count(ctx, wanted));
  const bytes = rows === 0 ? 0 : Math.ceil(rows * (await answered(bytesPerRow(ctx, asked, type, wanted))));
  const { exportType, fileFormat } = asked;
  const [measured] = await ctx.db.api.run(recentSpeed, { exportType, fileFormat });
  const speed = measured?.rows_per_second ?? null;
  return {
    ...{ rows, bytes, maxRows, fits: maxRows === null || rows <= maxRows },
    seconds: Math.ceil(STARTING_SECONDS + rows / (speed ?? ASSUMED_SPEED)),
    basis: speed === null ? 'assumed' : 'measured',
  };
}

/** @throws Invalid with the number of rows, when a document would have too many; nothing is left out of it silently */
export async function assertFits(ctx: CallerContext, asked: ExportSpecification): Promise<void> {
  const { maxRows } = FILE_FORMATS[asked.fileFormat];
  if (maxRows === null) return;
  const { type, wanted } = await wantedNow(ctx, 'export.request', asked);
  const rows = await answered(type.count(ctx, wanted));
  if (rows <= maxRows) return;
  throw new Invalid(`The file would have ${rows} rows; ${asked.fileFormat} files hold at most ${maxRows}.`, [
    { field: 'fileFormat', reason: `holds at most ${maxRows} rows, not ${rows}: narrow the filter or ask for csv` },
  ]);
}

async function wantedNow(ctx: CallerContext, action: Action, asked: ExportSpecification) {
  const type: ExportType = EXPORT_TYPES[asked.exportType];
  const { serviceId } = askedFor(asked);
  const [row] = await ctx.db.api.run(authorise, {
    ...callerInput(ctx, action, '', [type.permission]),
    serviceId,
    resource: ruleOf(action).resource,
    resourceId: '',
  });
  const { scope } = assertAllowed(ctx, row);
  const cutoff = `${clickhouseTime(new Date(ctx.now()).toISOString())}000`;
  const wanted: Wanted = {
    parameters: normalised(asked),
    scope: serviceId === null || serviceId === EVERYWHERE ? scope : [serviceId],
    cutoff,
  };
  return { type, wanted };
}

/** Of the first rows. A document holds less air than NDJSON: deflated as that, it is about as large. */
async function bytesPerRow(
  ctx: CallerContext,
  { fileFormat, compression }: ExportSpecification,
  type: ExportType,
  wanted: Wanted,
): Promise<number> {
  const { encoding, maxRows } = FILE_FORMATS[fileFormat];
  const sampling = { ...ctx, settings: { ...ctx.settings, chunkBytes: SAMPLE_BYTES } };
  const reader = type.read(sampling, wanted, encoding, { after: null, ...frameOf(encoding, type.columns) });
  try {
    const { bytes, rows } = await reader.next();
    const written = await compressed(bytes, maxRows === null ? compression : 'gzip');
    return written.length / rows;
  } finally {
    await reader.close();
  }
}

async function answered<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (cause) {
    throw new Unavailable('The data cannot be counted right now; try again shortly.', cause);
  }
}
