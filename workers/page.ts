import type { Context as HttpContext } from 'hono';
import type { HttpEnv } from './http.ts';

/** Where what is not there is not there for a browser either: the API's paths, and files by their names. */
const NO_PAGE = /^\/(?:v1|auth|docs|assets|fonts|steward\.gate\.v1\.GateService)(?:\/|$)/;

/**
 * Whether a request for what does not exist is a browser going to a page of the admin UI, which routes by itself. The asset server could
 * answer with the page, but would to everything: the page in a script's place, to be kept for a year.
 */
export function wantsPage({ req }: Pick<HttpContext<HttpEnv>, 'req'>): boolean {
  if ((req.method !== 'GET' && req.method !== 'HEAD') || NO_PAGE.test(req.path)) return false;
  // Not told to servers that are reached by http elsewhere than on this machine.
  const mode = req.header('sec-fetch-mode');
  return mode === undefined ? (req.header('accept') ?? '').includes('text/html') : mode === 'navigate';
}
