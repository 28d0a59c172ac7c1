import { traceparent } from '../hooks/trace.ts';
import { ApiProblem, problemOf } from './problem.ts';
import type { Api } from './schema.gen.ts';
import { signedInAgain } from './session.ts';

export type Route = keyof Api;
export type Answer<R extends Route> = Api[R]['answer'];
type BodyOf<R extends Route> = Api[R] extends { body: infer Body } ? { body: Body } : { body?: undefined };
type PathOf<R extends Route> = keyof Api[R]['path'] extends never ? { path?: undefined } : { path: Api[R]['path'] };

export type Input<R extends Route> = BodyOf<R> &
  PathOf<R> & {
    query?: Api[R]['query'];
    /** In place of a JSON body, where a route takes a file; it goes as it is, with its own type. */
    file?: Blob;
    /** Why, for the audit record. */
    reason?: string | undefined;
    /** The version this change may replace. */
    ifMatch?: number | undefined;
    /** Of a POST; one is made up when it is absent. Whoever repeats a POST by hand gives the same again. */
    idempotencyKey?: string | undefined;
    signal?: AbortSignal | undefined;
  };

const TIMEOUT_MS = 30_000;
/** A file of some megabytes over a line that is slow. */
const UPLOAD_TIMEOUT_MS = 300_000;

/** The address of a route with its parameters. */
export function addressOf(
  route: Route,
  { path, query }: { path?: object | undefined; query?: object | undefined },
): string {
  const template = route.slice(route.indexOf(' ') + 1);
  const values = (path ?? {}) as Record<string, string>;
  const address = template.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(values[name] ?? ''));
  const asked = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {}))
    for (const each of Array.isArray(value) ? value : [value])
      if (each !== undefined && each !== '') asked.append(name, String(each));
  return asked.size > 0 ? `${address}?${asked}` : address;
}

/**
 * A reason may be in any script. A header's value is bytes (RFC 9110 section 5.5); those of UTF-8 are what Workers read, and the browser takes each
 * as a character of its own. Line breaks would end the header.
 */
const asHeader = (reason: string) =>
  String.fromCharCode(...new TextEncoder().encode(reason.replaceAll(/[\s\p{Cc}]+/gu, ' ').trim()));

function headersOf(method: string, input: Omit<Input<Route>, 'path' | 'query'>): Headers {
  const headers = new Headers({ Accept: 'application/json', traceparent: traceparent() });
  if (input.body !== undefined) headers.set('Content-Type', 'application/json');
  if (input.file) headers.set('Content-Type', input.file.type);
  if (input.ifMatch !== undefined) headers.set('If-Match', `"${input.ifMatch}"`);
  if (input.reason) headers.set('Audit-Reason', asHeader(input.reason));
  if (method === 'POST') headers.set('Idempotency-Key', input.idempotencyKey ?? crypto.randomUUID());
  return headers;
}

async function attempt(url: string, init: RequestInit, signal: AbortSignal | undefined): Promise<Response> {
  const late = AbortSignal.timeout(init.body instanceof Blob ? UPLOAD_TIMEOUT_MS : TIMEOUT_MS);
  try {
    return await fetch(url, { ...init, signal: signal ? AbortSignal.any([signal, late]) : late });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiProblem({ status: 0, code: late.aborted ? 'timeout' : 'offline', detail: '' });
  }
}

/**
 * Asks Steward. When the session has ended, whoever is at the screen signs in again, and the same request goes out once more: what was
 * typed is not lost.
 * @throws ApiProblem
 */
export async function call<R extends Route>(route: R, input: Input<R>): Promise<Answer<R>> {
  const method = route.slice(0, route.indexOf(' '));
  const { body, file, signal } = input;
  const sent = file ?? (body === undefined ? undefined : JSON.stringify(body));
  const init: RequestInit = {
    method,
    headers: headersOf(method, input as Omit<Input<Route>, 'path' | 'query'>),
    ...(sent === undefined ? {} : { body: sent }),
  };
  const url = addressOf(route, input);
  let response = await attempt(url, init, signal);
  if (response.status === 401 && (await signedInAgain())) response = await attempt(url, init, signal);
  if (!response.ok) throw await problemOf(response);
  return (response.status === 204 ? null : await response.json()) as Answer<R>;
}
