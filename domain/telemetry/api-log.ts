import type { ApiLogRow } from '../../queues/messages.ts';
import { timeOfId } from '../access/caller.ts';
import type { Standing } from '../access/standing.ts';
import type { Context } from '../context.ts';

const NOBODY = '00000000-0000-0000-0000-000000000000';
const MAX_BODY_BYTES = 8 * 1024;

/** An admin API call that was answered. */
export interface ApiCall {
  /** A UUIDv7 made when the call came in: its milliseconds are the row's time. */
  id: string;
  /** The route's template, such as `/v1/admin/services/:id/config`. */
  endpoint: string;
  method: string;
  status: number;
  durationMs: number;
  /** `code` of a problem answer, or ''. */
  errorCode: string;
  /** The service in the path. */
  serviceId: string | null;
  sessionId: string;
  /** Null: not known. */
  standing: Standing | null;
}

/** JSON as it was sent, or '' for none. */
export interface Bodies {
  request: string;
  response: string;
}

export const NO_BODIES: Bodies = { request: '', response: '' };

/** The row of a call, redacted: nothing else of it may be kept or sent. */
export function apiLogRow(ctx: Pick<Context, 'origin' | 'redact'>, call: ApiCall, bodies: Bodies): ApiLogRow {
  const { origin, redact } = ctx;
  return {
    id: call.id,
    timestamp: timeOfId(call.id).toISOString().replace('T', ' ').replace('Z', ''),
    trace_id: origin.traceId,
    // The random half of the id: 16 digits, never all zeros.
    span_id: call.id.slice(19, 23) + call.id.slice(24),
    service_id: call.serviceId ?? NOBODY,
    endpoint: call.endpoint,
    method: call.method,
    status_code: call.status,
    duration_ms: Math.max(0, call.durationMs),
    actor_id: call.standing?.adminId ?? NOBODY,
    actor_email: call.standing?.email ?? '',
    request_body: cut(bodies.request && redact.json(bodies.request)),
    response_body: cut(bodies.response && redact.json(bodies.response)),
    ip_address: origin.ipAddress,
    actor_role: roleOf(call),
    session_id: call.sessionId,
    request_id: origin.requestId,
    error_code: call.errorCode,
    user_agent: origin.userAgent,
  };
}

/** The strongest that reaches the service of the path, as audit records have it. Grants come strongest first. */
function roleOf({ standing, serviceId }: ApiCall): string {
  const reaching = standing?.grants.find((grant) => !serviceId || !grant.serviceId || grant.serviceId === serviceId);
  return reaching?.role ?? 'none';
}

/** At most 8 KiB of UTF-8, cut between characters, and how many bytes are gone. */
export function cut(text: string): string {
  // No UTF-16 unit takes more than three bytes.
  if (text.length * 3 <= MAX_BODY_BYTES) return text;
  const bytes = new TextEncoder().encode(text);
  if (bytes.length <= MAX_BODY_BYTES) return text;
  let end = MAX_BODY_BYTES;
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return `${new TextDecoder().decode(bytes.subarray(0, end))}…[${bytes.length - end} bytes cut]`;
}
