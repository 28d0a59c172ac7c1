import type { Context } from 'hono';
import { createMiddleware } from 'hono/factory';
import { standingOf } from '../../domain/access/authorise.ts';
import type { Standing } from '../../domain/access/standing.ts';
import type { Entry } from '../../domain/context.ts';
import { auditLevelOf } from '../../domain/gate/check.ts';
import type { AuditLevel } from '../../domain/gate/service.ts';
import { type ApiCall, apiLogRow, type Bodies, NO_BODIES } from '../../domain/telemetry/api-log.ts';
import { callerContext, type HttpEnv } from '../http.ts';
import { routeTemplate } from './route-template.ts';

// The gate's calls are other teams' own traffic, and telemetry would report about itself.
const UNLOGGED = /^\/v1\/(?:gate|otlp)\//;
const SERVICE_ROUTE = /^\/v1\/admin\/services\/:id(?=\/|$)/;
const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;
const JSON_TYPE = /^application\/(?:problem\+)?json(?:;|$)/;
/** A body is redacted whole before it is cut; one beyond this is not looked at. */
const MAX_READ_BYTES = 256 * 1024;

/**
 * Records the call after its answer, when its caller was verified: admin_api_logs. What is kept follows the audit level of the
 * service in the path: MINIMAL nothing, STANDARD no bodies, DETAILED redacted bodies. Calls about no service are STANDARD.
 */
export const apiLog = createMiddleware<HttpEnv>(async (c, next) => {
  if (UNLOGGED.test(c.req.path)) return next();
  const { newId, now, log } = c.get('ctx');
  const [id, began] = [newId(), now()];
  await next();
  try {
    if (c.get('caller')) record(c, callOf(c, id, now() - began));
  } catch (error) {
    log.error('an API call was not recorded', { error });
  }
});

type Http = Context<HttpEnv>;

function callOf(c: Http, id: string, durationMs: number): ApiCall {
  const endpoint = routeTemplate(c);
  return {
    id,
    endpoint,
    method: c.req.method,
    status: c.res.status,
    durationMs,
    errorCode: c.get('errorCode') ?? '',
    serviceId: SERVICE_ROUTE.test(endpoint) ? serviceOf(c.req.path) : null,
    sessionId: c.get('caller').sessionId,
    standing: knownStanding(c),
  };
}

/** The router has undone any percent-encoding of the path. */
function serviceOf(path: string): string | null {
  const id = path.split('/', 5)[4]?.toLowerCase() ?? '';
  return UUID.test(id) ? id : null;
}

function knownStanding(c: Http): Standing | null {
  const entry = c.get('entry') as Entry | undefined;
  return (c.get('standing') as Standing | undefined) ?? (entry?.known ?? entry?.stale)?.standing ?? null;
}

/** Whatever is known already is used at once; only what is not is asked for after the answer. */
function record(c: Http, call: ApiCall): void {
  const ctx = c.get('ctx');
  const level = knownLevel(c, call.serviceId);
  if (level === 'MINIMAL') return;
  if (level === 'STANDARD' && call.standing) c.env.runtime.apiLogs.add(ctx, apiLogRow(ctx, call, NO_BODIES));
  else ctx.later(recordLater(c, call, level, mayBeDetailed(c, call, level) ? openBodies(c) : null));
}

/** Undefined: to be found. A service that the caller was not let in to is not looked up for the caller's sake. */
function knownLevel(c: Http, serviceId: string | null): AuditLevel | undefined {
  if (serviceId === null) return 'STANDARD';
  const { configs } = c.env.runtime.gate;
  if (!c.get('standing')) return configs.recent(serviceId)?.auditLevel === 'MINIMAL' ? 'MINIMAL' : 'STANDARD';
  return c.get('auditLevel') ?? configs.ready(serviceId)?.auditLevel;
}

/** Bodies are held only when they may be wanted. */
function mayBeDetailed(c: Http, { serviceId }: ApiCall, level: AuditLevel | undefined): boolean {
  const supposed = level ?? c.env.runtime.gate.configs.recent(serviceId ?? '')?.auditLevel ?? 'DETAILED';
  return supposed === 'DETAILED';
}

async function recordLater(c: Http, call: ApiCall, known: AuditLevel | undefined, bodies: Unread | null) {
  const ctx = callerContext(c);
  const { gate, apiLogs } = c.env.runtime;
  const [standing, level] = await Promise.all([
    call.standing ?? standingOf(ctx, c.get('entry')).catch(() => null),
    known ?? auditLevelOf(ctx, gate, call.serviceId ?? ''),
  ]);
  const wanted = level === 'DETAILED';
  if (!wanted) await bodies?.response?.body?.cancel();
  if (level === 'MINIMAL') return;
  apiLogs.add(ctx, apiLogRow(ctx, { ...call, standing }, wanted && bodies ? await read(bodies) : NO_BODIES));
}

interface Unread {
  request: Promise<string> | undefined;
  response: Response | null;
}

/** Must be taken before the answer leaves. Downloads and streams are no JSON. */
function openBodies(c: Http): Unread {
  const isJson = JSON_TYPE.test(c.res.headers.get('content-type') ?? '');
  return {
    // Only what the JSON check let in; it has read the body already.
    request: (c.req.bodyCache as { text?: unknown }).text as Promise<string> | undefined,
    response: isJson && c.res.body ? c.res.clone() : null,
  };
}

async function read({ request, response }: Unread): Promise<Bodies> {
  return { request: (await request) ?? '', response: response ? await textOf(response) : '' };
}

async function textOf(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let [text, size] = ['', 0];
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    if (size > MAX_READ_BYTES) return `[more than ${MAX_READ_BYTES} bytes]`;
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
