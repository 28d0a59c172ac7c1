import { createServer, type Http2Server, type ServerHttp2Session } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { Code, ConnectError, createClient, type HandlerContext } from '@connectrpc/connect';
import { connectNodeAdapter, createConnectTransport } from '@connectrpc/connect-node';
import { GateService } from '../../workers/gate/gen/steward/gate/v1/gate_pb.ts';

export interface GrpcBridge {
  /** http://127.0.0.1:port, for gRPC without TLS (h2c). */
  url: string;
  port: number;
  close(): Promise<void>;
}

/** Request fields the Worker acts upon. */
const PASSED_ON = ['authorization', 'x-request-id', 'traceparent', 'user-agent'];
/** What it says beside an error. */
const PASSED_BACK = ['steward-error', 'retry-after', 'x-request-id'];

const only = (names: string[], headers: Headers): Headers =>
  new Headers(
    names.flatMap((name): [string, string][] => [[name, headers.get(name) ?? '']]).filter(([, v]) => v !== ''),
  );

/** The Worker's error as it was; without an answer, the fact that there was none. */
function passedBack(error: unknown): ConnectError {
  const { rawMessage, code, metadata, cause } = ConnectError.from(error);
  if (cause !== undefined) return new ConnectError('The Worker does not answer.', Code.Unavailable);
  return new ConnectError(rawMessage, code, only(PASSED_BACK, metadata));
}

/**
 * Native gRPC for a Worker, which cannot send trailers itself: each call goes on to its Connect endpoint.
 * @param o.port 0 = any free one
 */
export async function startGrpcBridge(o: { port: number; workerUrl: string }): Promise<GrpcBridge> {
  const gate = createClient(GateService, createConnectTransport({ baseUrl: o.workerUrl, httpVersion: '1.1' }));
  const onward = async <T>(
    context: HandlerContext,
    call: (options: { headers: Headers; signal: AbortSignal }) => Promise<T>,
  ) => {
    try {
      return await call({ headers: only(PASSED_ON, context.requestHeader), signal: context.signal });
    } catch (error) {
      throw passedBack(error);
    }
  };
  const server = createServer(
    connectNodeAdapter({
      routes: (router) =>
        router.service(GateService, {
          check: (request, context) => onward(context, (options) => gate.check(request, options)),
        }),
    }),
  );
  const sessions = new Set<ServerHttp2Session>();
  server.on('session', (session) => {
    sessions.add(session);
    session.on('close', () => sessions.delete(session));
  });
  const port = await listen(server, o.port);
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        for (const session of sessions) session.destroy();
      }),
  };
}

function listen(server: Http2Server, port: number): Promise<number> {
  return new Promise((done, fail) => {
    server.once('error', fail);
    server.listen(port, '127.0.0.1', () => done((server.address() as AddressInfo).port));
  });
}
