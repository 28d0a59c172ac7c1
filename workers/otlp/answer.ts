import type { Context } from 'hono';
import type { ErrorCode } from '../../domain/errors.ts';
import { type Encoding, statusMessage } from '../../domain/telemetry/otlp-answers.ts';
import type { HttpEnv } from '../http.ts';
import { explain, headersOf, toProblem } from '../problem.ts';

export const MEDIA_TYPES = { protobuf: 'application/x-protobuf', json: 'application/json' } as const;

/** Null for what is neither of OTLP/HTTP's two. */
export function encodingOf(contentType: string | undefined): Encoding | null {
  const [type = '', ...parameters] = (contentType ?? '')
    .toLowerCase()
    .split(';')
    .map((part) => part.trim());
  if (type === MEDIA_TYPES.protobuf) return 'protobuf';
  const isUtf8 = parameters.every((each) => each === '' || /^charset="?utf-8"?$/.test(each));
  return type === MEDIA_TYPES.json && isUtf8 ? 'json' : null;
}

/** google.rpc.Code for each status we answer with. */
const RPC_CODES: Readonly<Record<number, number>> = {
  400: 3,
  401: 16,
  403: 7,
  404: 5,
  413: 8,
  415: 3,
  429: 8,
  503: 14,
};
const INTERNAL = 13;

const reasonOf = (code: ErrorCode) => code.toUpperCase();

/**
 * Every error on the routes of OTLP: a google.rpc.Status in the request's encoding, as exporters want it; RFC 9457 only for who speaks
 * neither.
 */
export function toStatus(error: unknown, c: Context<HttpEnv>): Response {
  const encoding = encodingOf(c.req.header('content-type'));
  if (encoding === null) return toProblem(error, c);
  const problem = explain(error, c);
  const body = statusMessage(encoding, {
    code: RPC_CODES[problem.status] ?? INTERNAL,
    message: problem.message,
    reason: reasonOf(problem.code),
    metadata: { requestId: c.get('requestId') },
  });
  const headers = { ...headersOf(problem), 'Content-Type': MEDIA_TYPES[encoding] };
  return c.body(body, problem.status as 400, headers);
}
