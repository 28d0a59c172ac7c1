import { z } from '@hono/zod-openapi';
import { ERROR_CODES, type ErrorCode } from '../domain/errors.ts';

/** RFC 9457, as every error is answered. */
const problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    instance: z.string(),
    code: z.enum(Object.keys(ERROR_CODES) as [ErrorCode]),
    requestId: z.string(),
    errors: z.array(z.object({ field: z.string(), reason: z.string() })).optional(),
  })
  .openapi('Problem');

/** The OpenAPI responses of these codes, one an HTTP status. */
export function problems(...codes: ErrorCode[]) {
  const byStatus: Record<
    number,
    { description: string; content: { 'application/problem+json': { schema: typeof problem } } }
  > = {};
  for (const code of [
    'unauthenticated',
    'forbidden',
    'not_found',
    'rate_limited',
    'dependency_unavailable',
    ...codes,
  ] as const) {
    const { status, title } = ERROR_CODES[code];
    byStatus[status] ??= { description: title, content: { 'application/problem+json': { schema: problem } } };
  }
  return byStatus;
}

export const idParam = (name: string) =>
  z.guid().openapi({ param: { name, in: 'path' }, example: '01900000-0000-7000-8000-0000000000a1' });

export const signedIn = [{ bearer: [] }, { cookie: [] }];
