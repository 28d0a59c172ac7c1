import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { ACTIONS, type Action } from '../../domain/audit/actions.ts';
import { DomainError } from '../../domain/errors.ts';
import { collect } from '../../domain/telemetry/collect.ts';
import { exportResponse } from '../../domain/telemetry/otlp-answers.ts';
import { decodeJson } from '../../domain/telemetry/otlp-json.ts';
import type { Signal } from '../../domain/telemetry/otlp-model.ts';
import { decodeProtobuf } from '../../domain/telemetry/otlp-protobuf.ts';
import { type App, callerContext, type HttpEnv } from '../http.ts';
import { securedRaw } from '../route.ts';
import { encodingOf, MEDIA_TYPES } from './answer.ts';
import { readBody } from './read-body.ts';

/** A browser's session reports what its own admin does; a token, such as a Collector's, needs the permission. */
const actionOf = (c: Context<HttpEnv>): Action =>
  c.req.header('authorization') === undefined ? 'telemetry.own' : 'telemetry.write';

// Described, not validated: the decoders read these bodies.
const described = (message: string) => {
  const schema = { description: `${message} of opentelemetry-proto 1.x` };
  return {
    [MEDIA_TYPES.protobuf]: { schema: { ...schema, type: 'string' as const, format: 'binary' } },
    [MEDIA_TYPES.json]: { schema: { ...schema, type: 'object' as const } },
  };
};

const FAILURES = {
  400: 'The body cannot be read.',
  401: 'No valid access token.',
  403: 'The permission telemetry.write is missing, or a cookie came from another Origin.',
  413: 'More than 1 MiB compressed, 4 MiB decompressed or 100,000 values.',
  415: 'Another Content-Type or Content-Encoding.',
  429: 'Too many requests; Retry-After says when to come back.',
  503: 'A dependency is away; Retry-After says when to come back.',
};
const failures = Object.fromEntries(
  Object.entries(FAILURES).map(([status, description]) => [
    status,
    { description, content: described('google.rpc.Status') },
  ]),
);

const routeFor = (signal: Signal, name: 'Logs' | 'Trace') =>
  createRoute({
    ...securedRaw({ named: 'telemetry.write', of: actionOf }, `Take ${signal} of OTLP/HTTP`),
    method: 'post',
    path: `/v1/otlp/v1/${signal}`,
    tags: ['telemetry'],
    description:
      'For stock OpenTelemetry exporters and Collectors: Protobuf or JSON, optionally gzip. A browser that is signed in needs no ' +
      'permission, because it reports about itself. Answers and errors come in the encoding of the request; errors are ' +
      'google.rpc.Status with our code as the reason of an ErrorInfo.',
    request: {
      headers: z.object({ 'content-encoding': z.string().optional().openapi({ description: 'gzip, or none' }) }),
      body: { required: true, content: described(`Export${name}ServiceRequest`) },
    },
    responses: {
      200: {
        description: 'Taken for good, all of it or all but what partialSuccess counts.',
        content: described(`Export${name}ServiceResponse`),
      },
      ...failures,
    },
  });

async function receive(c: Context<HttpEnv>, signal: Signal): Promise<Response> {
  const encoding = encodingOf(c.req.header('content-type'));
  if (encoding === null)
    throw new DomainError('unsupported_media_type', `Send ${Object.values(MEDIA_TYPES).join(' or ')}.`);
  const bytes = await readBody(c.req.raw);
  const telemetry = encoding === 'json' ? decodeJson(signal, bytes) : decodeProtobuf(signal, bytes);
  const sender = { standing: c.get('standing'), permissions: ACTIONS[actionOf(c)].permissions };
  const refused = await collect(callerContext(c), sender, telemetry);
  if (refused.count > 0) c.get('log').info('telemetry refused', { signal, ...refused });
  return c.body(exportResponse(signal, encoding, refused), 200, { 'Content-Type': MEDIA_TYPES[encoding] });
}

const logs = routeFor('logs', 'Logs');
const traces = routeFor('traces', 'Trace');

export function mountOtlp(app: App): void {
  app.openapi(logs, (c) => receive(c, 'logs'));
  app.openapi(traces, (c) => receive(c, 'traces'));
}
