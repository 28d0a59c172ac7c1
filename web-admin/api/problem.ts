import type { Problem } from './schema.gen.ts';

/** Why a call came to nothing: what Steward answered (RFC 9457), or that no answer came. */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem';
  readonly status: number;
  /** Stable; the last three are ours, `foreign` of an answer that is none of Steward's. */
  readonly code: Problem['code'] | 'offline' | 'timeout' | 'foreign';
  readonly requestId: string | null;
  readonly errors: { field: string; reason: string }[];
  /** Seconds, of a 429 or a 503 that says so. */
  readonly retryAfter: number | null;

  constructor(problem: Pick<ApiProblem, 'status' | 'code'> & Partial<ApiProblem> & { detail: string }) {
    super(problem.detail);
    this.status = problem.status;
    this.code = problem.code;
    this.requestId = problem.requestId ?? null;
    this.errors = problem.errors ?? [];
    this.retryAfter = problem.retryAfter ?? null;
  }

  /** Worth asking again without a change. */
  get passes(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

const numberOr = (text: string | null) => (text !== null && /^\d+$/.test(text) ? Number(text) : null);

/** Of an answer that is no success, whoever gave it: a proxy in between speaks no problem+json. */
export async function problemOf(response: Response): Promise<ApiProblem> {
  const said = (await response.json().catch(() => ({}))) as Partial<Problem>;
  return new ApiProblem({
    status: response.status,
    code: said.code ?? 'foreign',
    detail: said.detail ?? `${response.status} ${response.statusText}`.trim(),
    requestId: said.requestId ?? response.headers.get('x-request-id'),
    errors: said.errors ?? [],
    retryAfter: numberOr(response.headers.get('retry-after')),
  });
}
