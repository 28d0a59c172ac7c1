import type { Context } from 'hono';
import { createMiddleware } from 'hono/factory';
import { standingOf } from '../../domain/access/authorise.ts';
import type { Standing } from '../../domain/access/standing.ts';
import type { Entry } from '../../domain/context.ts';
import { type Level, levelToRecordBy } from '../../domain/gate/check.ts';
import { atMost } from '../../domain/gate/patience.ts';
import { type ApiCall, apiLogRow, type Bodies, NO_BODIES } from '../../domain/telemetry/api-log.ts';
import { callerContext, type HttpEnv } from '../http.ts';
import { routeTemplate } from './route-template.ts';

// The gate's calls are other teams' own traffic, and telemetry would report about itself.
const UNLOGGED = /^\/v1\/(?:gate|otlp)\//;
/** What it answers says what level is in force; only its refusals do not. */
const CONFIG = /^\/v1\/admin\/services\/[^/]+\/config$/;
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
    if (c.get('caller')) await record(c, callOf(c, id, now() - began));
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

/**
 * Finds out at what level the call is to be recorded, beside the call's own work: after the answer it might be another one. Only for a
 * service the caller was let in to.
 */
export function findLevel(c: Http, serviceId: string): void {
  if (!UNLOGGED.test(c.req.path) && !CONFIG.test(c.req.path)) void beginLevel(c, serviceId);
}

function beginLevel(c: Http, serviceId: string): Promise<Level> {
  const { gate } = c.env.runtime;
  const known = gate.configs.ready(serviceId.toLowerCase());
  const level = known ? Promise.resolve(known.auditLevel) : levelToRecordBy(callerContext(c), gate, serviceId);
  c.set('level', level);
  return level;
}

async function record(c: Http, call: ApiCall): Promise<void> {
  const level = await levelOf(c, call.serviceId);
  if (level === 'MINIMAL') return;
  const ctx = c.get('ctx');
  if (level !== LATE && level !== 'DETAILED' && call.standing)
    c.env.runtime.apiLogs.add(ctx, apiLogRow(ctx, call, NO_BODIES));
  else ctx.later(recordLater(c, call, level === 'DETAILED' ? openBodies(c) : null));
}

/** What nobody has found out when the answer is ready, and that the answer does not wait for any longer. */
const LATE = 'late';
const PATIENCE_MS = 2000;

/** A service that the caller was not let in to is not looked up for the caller's sake. */
async function levelOf(c: Http, serviceId: string | null): Promise<Level | typeof LATE> {
  if (serviceId === null) return 'STANDARD';
  const { configs } = c.env.runtime.gate;
  if (!c.get('standing')) return configs.recent(serviceId)?.auditLevel === 'MINIMAL' ? 'MINIMAL' : 'STANDARD';
  return c.get('auditLevel') ?? atMost(c.get('level') ?? beginLevel(c, serviceId), PATIENCE_MS, LATE);
}

async function recordLater(c: Http, call: ApiCall, bodies: Unread | null) {
  const ctx = callerContext(c);
  const standing = call.standing ?? (await standingOf(ctx, c.get('entry')).catch(() => null));
  // Known long ago, but for an answer that left without it.
  if ((c.get('auditLevel') ?? (await c.get('level'))) === 'MINIMAL') return;
  c.env.runtime.apiLogs.add(ctx, apiLogRow(ctx, { ...call, standing }, bodies ? await read(bodies) : NO_BODIES));
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
