/** An error as ClickHouse words it: a stable number, its name, and a sentence. */
export class ClickHouseError extends Error {
  readonly code: number;
  readonly type: string;
  /** The text the engine wrote, already in ClickHouse's form, when it came from the engine. */
  readonly verbatim: string | undefined;

  constructor(code: number, type: string, message: string, verbatim?: string) {
    super(message);
    this.name = 'ClickHouseError';
    this.code = code;
    this.type = type;
    this.verbatim = verbatim;
  }

  get status(): number {
    return statusOf(this.code);
  }

  /** The body of an error answer, without the closing newline. */
  text(version: string): string {
    const said = this.verbatim ?? `Code: ${this.code}. DB::Exception: ${this.message} (${this.type})`;
    return `${said} (version ${version} (official build))`;
  }
}

// The table of ClickHouse's own HTTP server (src/Server/HTTP/exceptionCodeToHTTPStatus.cpp), with two additions:
// 164 READONLY answers 403 like every other refusal, and 202 TOO_MANY_SIMULTANEOUS_QUERIES answers 503.
const STATUS: ReadonlyArray<readonly [status: number, codes: readonly number[]]> = [
  [400, [6, 15, 16, 26, 27, 36, 38, 41, 44, 53, 62, 69, 72, 117, 126, 167, 168, 190, 321, 376, 427, 675, 676]],
  [401, [194]],
  [403, [164, 192, 193, 497, 512, 516]],
  [404, [46, 47, 50, 56, 60, 63, 73, 78, 81, 106, 115, 336, 511]],
  [408, [159]],
  [411, [381]],
  [413, [223]],
  [501, [48]],
  [503, [76, 202, 209, 439]],
];

const STATUS_BY_CODE = new Map(STATUS.flatMap(([status, codes]) => codes.map((code) => [code, status] as const)));

function statusOf(code: number): number {
  return STATUS_BY_CODE.get(code) ?? 500;
}

/** Whatever was thrown, as a ClickHouse error. */
export function asClickHouseError(thrown: unknown): ClickHouseError {
  if (thrown instanceof ClickHouseError) return thrown;
  const said = (thrown instanceof Error ? thrown.message : String(thrown)).trim();
  const code = /^Code: (\d+)\. DB::/.exec(said)?.[1];
  const type = /\(([A-Z][A-Z0-9_]+)\)$/.exec(said)?.[1];
  if (code !== undefined && type !== undefined) return new ClickHouseError(Number(code), type, said, said);
  return new ClickHouseError(1002, 'UNKNOWN_EXCEPTION', said);
}

export const denied = (why: string) => new ClickHouseError(497, 'ACCESS_DENIED', why);
export const unsupported = (why: string) => new ClickHouseError(48, 'NOT_IMPLEMENTED', why);
export const malformed = (why: string) => new ClickHouseError(36, 'BAD_ARGUMENTS', why);
export const syntax = (why: string) => new ClickHouseError(62, 'SYNTAX_ERROR', why);
