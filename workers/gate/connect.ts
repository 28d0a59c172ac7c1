import {
  Code,
  ConnectError,
  type ConnectRouter,
  createConnectRouter,
  createContextKey,
  createContextValues,
} from '@connectrpc/connect';
import {
  type UniversalHandler,
  universalServerRequestFromFetch,
  universalServerResponseToFetch,
} from '@connectrpc/connect/protocol';
import type { Context } from 'hono';
import { parseGateRequest } from '../../domain/gate/schema.ts';
import type { App, HttpEnv } from '../http.ts';
import { authenticate } from '../middleware/authenticate.ts';
import { guard } from '../middleware/guard.ts';
import { explain } from '../problem.ts';
import { checkFor } from './check.ts';
import { type CheckRequest, GateService } from './gen/steward/gate/v1/gate_pb.ts';

// A request is a few texts; the longest of them is a token.
const MAX_BYTES = 64 * 1024;

const CODES: Record<number, Code> = {
  400: Code.InvalidArgument,
  401: Code.Unauthenticated,
  403: Code.PermissionDenied,
  404: Code.NotFound,
  422: Code.InvalidArgument,
  429: Code.ResourceExhausted,
  503: Code.Unavailable,
};

const HTTP = createContextKey<Context<HttpEnv> | undefined>(undefined);
const goOn = () => Promise.resolve();
const notCounted = guard(() => null);

function requestOf(message: CheckRequest) {
  const { $typeName: _, $unknown: __, ...fields } = message;
  return parseGateRequest(fields);
}

/** What the caller is told: never the words of anything but our own errors. */
function toConnectError(error: unknown, c: Context<HttpEnv>): ConnectError {
  if (error instanceof ConnectError) return error;
  const { status, code, message, retryAfter } = explain(error, c);
  const metadata: Record<string, string> = { 'Steward-Error': code };
  if (retryAfter !== undefined) metadata['Retry-After'] = String(retryAfter);
  return new ConnectError(message, CODES[status] ?? Code.Internal, metadata);
}

// Native gRPC needs trailers, which a Worker cannot send; the bridge of dev/grpc speaks it to this.
const router: ConnectRouter = createConnectRouter({ grpc: false, readMaxBytes: MAX_BYTES });
router.service(GateService, {
  check: async (message, { values }) => {
    const c = values.get(HTTP);
    if (!c) throw new Error('called without a request');
    try {
      await authenticate(c, goOn);
      await notCounted(c, goOn);
      return await checkFor(c, requestOf(message));
    } catch (error) {
      throw toConnectError(error, c);
    }
  },
});

async function serve(c: Context<HttpEnv>, handler: UniversalHandler): Promise<Response> {
  const contextValues = createContextValues().set(HTTP, c);
  const request = universalServerRequestFromFetch(c.req.raw, {});
  const { status, headers, body } = universalServerResponseToFetch(await handler({ ...request, contextValues }));
  // Its `X-Request-Id` and the like are headers of the request's context, which only Hono's own answers carry.
  return c.newResponse(body, status as 200, Object.fromEntries(headers));
}

/** The Connect protocol and gRPC-Web, in Protobuf or JSON, with the sign-in and permission of POST /v1/gate/check. */
export function mountGateService(app: App): void {
  for (const handler of router.handlers) app.all(handler.requestPath, (c) => serve(c, handler));
}
