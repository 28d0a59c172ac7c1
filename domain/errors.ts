/** A field the caller got wrong, for `errors[]` of RFC 9457. */
export interface FieldError {
  field: string;
  reason: string;
}

interface Details {
  errors?: FieldError[];
  /** Seconds, for Retry-After. */
  retryAfter?: number;
  cause?: unknown;
}

/** An answer we mean to give. Anything else that is thrown is a fault: logged whole, answered blandly. */
export class DomainError extends Error {
  readonly code: ErrorCode;
  readonly status: number;
  readonly errors: FieldError[] | undefined;
  readonly retryAfter: number | undefined;

  constructor(code: ErrorCode, detail: string, details: Details = {}) {
    super(detail, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = new.target.name;
    this.code = code;
    this.status = ERROR_CODES[code].status;
    this.errors = details.errors;
    this.retryAfter = details.retryAfter;
  }
}

/** Every `code` a problem answer may carry, with its status and title. Stable: clients match on them. */
export const ERROR_CODES = {
  malformed_request: { status: 400, title: 'The request cannot be read' },
  unknown_parameter: { status: 400, title: 'Unknown query parameter' },
  sign_in_failed: { status: 400, title: 'The sign-in did not succeed' },
  unauthenticated: { status: 401, title: 'No valid access token' },
  session_ended: { status: 401, title: 'The session has ended' },
  forbidden: { status: 403, title: 'A permission is missing' },
  admin_locked: { status: 403, title: 'This admin is locked' },
  not_an_admin: { status: 403, title: 'Not an admin here' },
  foreign_origin: { status: 403, title: 'The request comes from another site' },
  link_invalid: { status: 403, title: 'The link is not valid' },
  not_found: { status: 404, title: 'Not found' },
  conflict: { status: 409, title: 'Conflict' },
  would_lock_out: { status: 409, title: 'This would lock you out' },
  own_plan: { status: 403, title: 'One’s own plan needs another one’s word' },
  not_approved: { status: 409, title: 'Not approved' },
  plan_drifted: { status: 409, title: 'The targets have changed since the plan' },
  other_plan: { status: 409, title: 'Another plan than the one agreed to' },
  last_owner: { status: 409, title: 'The last owner' },
  gone: { status: 410, title: 'Gone' },
  stale_version: { status: 412, title: 'The resource has changed since' },
  body_too_large: { status: 413, title: 'The body is too large' },
  unsupported_media_type: { status: 415, title: 'Unsupported media type' },
  invalid_field: { status: 422, title: 'A field is not valid' },
  idempotency_key_reused: { status: 422, title: 'The idempotency key belongs to another request' },
  rate_limited: { status: 429, title: 'Too many requests' },
  internal: { status: 500, title: 'Internal error' },
  dependency_unavailable: { status: 503, title: 'A dependency is unavailable' },
} as const satisfies Record<string, { status: number; title: string }>;

export type ErrorCode = keyof typeof ERROR_CODES;

export class Malformed extends DomainError {
  constructor(detail: string, details?: Details) {
    super('malformed_request', detail, details);
  }
}

/** What was wrong with a token or cookie. */
export type RefusalReason = 'token_missing' | 'token_malformed' | 'token_expired' | 'token_invalid' | 'cookie_invalid';

export class Unauthenticated extends DomainError {
  /** What the caller is not told, and metrics count. */
  readonly reason: RefusalReason | undefined;

  constructor(detail: string, why: 'session_ended' | RefusalReason = 'token_invalid') {
    super(why === 'session_ended' ? why : 'unauthenticated', detail);
    this.reason = why === 'session_ended' ? undefined : why;
  }
}

export class NotFound extends DomainError {
  /** One body for "absent" and "not yours", so that nobody learns which. */
  constructor() {
    super('not_found', 'There is nothing here, or nothing you may see.');
  }
}

export class Invalid extends DomainError {
  constructor(detail: string, errors: FieldError[]) {
    super('invalid_field', detail, { errors });
  }
}

export class Unavailable extends DomainError {
  constructor(detail: string, cause: unknown, retryAfter = 5) {
    super('dependency_unavailable', detail, { cause, retryAfter });
  }
}
