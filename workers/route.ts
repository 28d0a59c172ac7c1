import { z } from '@hono/zod-openapi';
import type { Context, MiddlewareHandler } from 'hono';
import { createMiddleware } from 'hono/factory';
import { authorise } from '../domain/access/authorise.ts';
import { ACTIONS, type Action } from '../domain/audit/actions.ts';
import type { Redactor } from '../domain/audit/redact.ts';
import { Malformed } from '../domain/errors.ts';
import { callerContext, type HttpEnv } from './http.ts';
import { findLevel } from './middleware/api-log.ts';
import { jsonBody } from './middleware/json-body.ts';
import { idParam, signedIn } from './openapi.ts';

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;
const SERVICE_ROUTE = '/v1/admin/services/:id';
const MAX_REASON = 1000;

/** A route that is one action for some callers and another one for others; `named` is what its documentation says. */
export interface ActionByCaller {
  named: Action;
  of(c: Context<HttpEnv>): Action;
}

/** Lets only those pass who may do `action` for the service in the path; leaves `standing`. */
function allowed(by: Action | ActionByCaller): MiddlewareHandler<HttpEnv> {
  return createMiddleware<HttpEnv>(async (c, next) => {
    const action = typeof by === 'string' ? by : by.of(c);
    const params = c.req.param() as Record<string, string>;
    const serviceId = ofService(c.req.routePath) ? (params.id ?? null) : null;
    // What is no id leads nowhere: the schema that comes next says so.
    if (serviceId === null || UUID.test(serviceId)) {
      const resourceId = storable(c.get('ctx').redact, params[lastParameter(c.req.routePath)] ?? '');
      c.set('standing', await authorise(callerContext(c), c.get('entry'), { action, serviceId, resourceId }));
      if (serviceId !== null) findLevel(c, serviceId);
    }
    await next();
  });
}

/** Names what the route is about; Hono gives parameters in no order of theirs. */
const lastParameter = (path: string) => /:(\w+)(?!.*:)/.exec(path)?.[1] ?? '';

/** Whatever a path holds, a refusal's record can hold it: no secret, no NUL (Postgres takes none), and no more than this. */
const storable = (redact: Redactor, text: string) =>
  redact.text(text.slice(0, 4000)).replaceAll('\0', '\ufffd').toWellFormed().slice(0, 300);

const ofService = (path: string) => path === SERVICE_ROUTE || path.startsWith(`${SERVICE_ROUTE}/`);

/**
 * What every signed-in route has in common, for `createRoute({ ...secured('service.read', 'Read a service'), … })`: the
 * permission of its action, asked before anything of the request is looked at, and a JSON body if it has one.
 */
export function secured(by: Action | ActionByCaller, summary: string) {
  const action = typeof by === 'string' ? by : by.named;
  const rule = ACTIONS[action];
  const { permissions } = rule;
  return {
    summary: permissions.length > 0 ? `${summary} (${permissions.join(', ')})` : summary,
    security: signedIn,
    middleware: [allowed(by), jsonBody],
    'x-action': action,
    'x-permissions': permissions,
    ...('everywhere' in rule ? { 'x-everywhere': true } : {}),
  };
}

/** The same for a route that has no body, or one that is no JSON. */
export function securedRaw(by: Action | ActionByCaller, summary: string) {
  return { ...secured(by, summary), middleware: [allowed(by)] };
}

export const serviceParams = z.object({ id: idParam('id') });

const reason = z.string().max(MAX_REASON).optional().openapi({ description: 'Why; goes into the audit record' });

export const reasonHeader = z.object({ 'audit-reason': reason });

export const createHeaders = reasonHeader.extend({
  'idempotency-key': z
    .string()
    .min(1)
    .max(200)
    .optional()
    .openapi({ description: 'Same key, same body: same answer for 24 h' }),
});

export const changeHeaders = reasonHeader.extend({
  'if-match': z.string().optional().openapi({ description: 'Versions this change may replace, e.g. "3"' }),
});

export const pageQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(1000).optional(),
});

/** What a POST's headers mean to the domain. */
export const creation = (headers: z.infer<typeof createHeaders>) => ({
  idempotencyKey: headers['idempotency-key'] ?? null,
  reason: headers['audit-reason'] ?? '',
});

/** What a PATCH's or DELETE's headers mean to the domain. @throws Malformed */
export const replacement = (headers: z.infer<typeof changeHeaders>) => ({
  ifMatch: versionsOf(headers['if-match']),
  reason: headers['audit-reason'] ?? '',
});

/**
 * The versions If-Match names (RFC 9110 section 13.1.1). Weak tags never match; `*` and no header mean any version.
 * @throws Malformed
 */
export function versionsOf(ifMatch: string | undefined): number[] | null {
  if (ifMatch === undefined || ifMatch.trim() === '*') return null;
  const tags = ifMatch.split(',').map((tag) => tag.trim());
  if (!tags.every((tag) => /^(?:W\/)?"[\x21\x23-\x7e]*"$/.test(tag)))
    throw new Malformed('If-Match must be * or entity tags in quotes, such as "3".');
  return tags.flatMap((tag) => (/^"(?:0|[1-9]\d{0,8})"$/.test(tag) ? [Number(tag.slice(1, -1))] : []));
}

/** The version as entity tag. */
export function tagged<Item extends { version: number }>(c: Context<HttpEnv>, item: Item): Item {
  c.header('ETag', `"${item.version}"`);
  return item;
}

export const json = <Schema extends z.ZodType>(description: string, schema: Schema) => ({
  description,
  content: { 'application/json': { schema } },
});

export const body = <Schema extends z.ZodType>(schema: Schema) => ({
  required: true as const,
  content: { 'application/json': { schema } },
});

export const pageOf = <Schema extends z.ZodType>(item: Schema) =>
  z.object({ items: z.array(item), nextCursor: z.string().nullable() });
