import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { authorise } from '../../domain/access/authorise.ts';
import { mayGoOn, type Standing } from '../../domain/access/standing.ts';
import { ruleOf } from '../../domain/audit/actions.ts';
import { check } from '../../domain/gate/check.ts';
import { type Decision, type GateRequest, gateRequest, REASONS, type Reason } from '../../domain/gate/schema.ts';
import { type App, callerContext, type HttpEnv } from '../http.ts';
import { problems } from '../openapi.ts';
import { body, json, secured } from '../route.ts';

const decision = z
  .object({
    allow: z.boolean(),
    reason: z.enum(Object.keys(REASONS) as [Reason]),
    status: z.int().openapi({ description: 'HTTP status to answer the visitor with' }),
    message: z.string().openapi({ description: 'For people; empty when allowed' }),
    headers: z.record(z.string(), z.string()).openapi({ description: 'To be added to the answer to the visitor' }),
    features: z.array(z.string()).openapi({ description: 'Codes of the features that are on, sorted' }),
  })
  .openapi('GateDecision');

const checkRoute = createRoute({
  ...secured('gate.check', 'Ask whether a service may answer a request'),
  method: 'post',
  path: '/v1/gate/check',
  tags: ['gate'],
  description: 'A refusal is an answer like any other: 200, with the decision in the body.',
  request: { body: body(gateRequest) },
  responses: {
    200: json('The decision.', decision),
    ...problems('malformed_request', 'body_too_large', 'unsupported_media_type', 'invalid_field'),
  },
});

/**
 * The decision for a caller who signed in and holds gate.check for that very service: the body names it, not the path, so
 * that the route's own permission was asked for some service only.
 * @throws NotFound, Unauthenticated, DomainError forbidden
 */
export async function checkFor(c: Pick<Context<HttpEnv>, 'get' | 'env'>, request: GateRequest): Promise<Decision> {
  const { serviceId } = request;
  const ctx = callerContext(c);
  const standing = c.get('standing') as Standing | undefined;
  const { permissions } = ruleOf('gate.check');
  if (!standing || !mayGoOn({ standing, ended: false }, ctx.caller.issuedAt, permissions, serviceId))
    await authorise(ctx, c.get('entry'), { action: 'gate.check', serviceId, resourceId: serviceId });
  return check(ctx, c.env.runtime.gate, request);
}

export function mountGate(app: App): void {
  app.openapi(checkRoute, async (c) => c.json(await checkFor(c, c.req.valid('json')), 200));
}
