import type { Context } from 'hono';
import { ERROR_CODES, type ErrorCode } from '../../domain/errors.ts';
import type { HttpEnv } from '../http.ts';
import { explain } from '../problem.ts';

const STYLE = `
  :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
  body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: Canvas; color: CanvasText; }
  main { width: min(30rem, calc(100vw - 3rem)); }
  h1 { font-size: 1.4rem; margin: 0; }
  p { margin: .5rem 0 1.25rem; }
  a { display: inline-block; padding: .6rem 1rem; border-radius: .5rem; background: #1d4ed8; color: #fff; text-decoration: none; }
  small { display: block; margin-top: 2rem; opacity: .7; overflow-wrap: anywhere; }`;

const asText = (text: string) => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

/** No scripts, no forms, nothing from elsewhere, in no frame. */
const HEADERS = {
  'Content-Type': 'text/html; charset=utf-8',
  'Content-Security-Policy':
    "default-src 'none'; style-src 'self' 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
};

interface Page {
  title: string;
  detail: string;
  link: { href: string; text: string };
  requestId: string;
}

const SOMEBODY_ELSE = { href: '/auth/login?prompt=login', text: 'Sign in as somebody else' };
const LINKS: Partial<Record<ErrorCode, Page['link']>> = {
  not_an_admin: SOMEBODY_ELSE,
  admin_locked: SOMEBODY_ELSE,
  foreign_origin: { href: '/', text: 'Go to Steward' },
};

const html = ({ title, detail, link, requestId }: Page) => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${asText(title)} · Steward</title>
<style>${STYLE}</style>
</head>
<body><main><h1>${asText(title)}</h1><p>${asText(detail)}</p><a href="${link.href}">${link.text}</a>
<small>Request ${asText(requestId)}</small></main></body>
</html>`;

/** Errors of the sign-in routes, for a person to read: what happened and where to go on. Statuses are those of problem+json. */
export function problemPage(error: unknown, c: Context<HttpEnv>): Response {
  const problem = explain(error, c);
  const link = LINKS[problem.code] ?? { href: '/auth/login', text: 'Sign in again' };
  const { title } = ERROR_CODES[problem.code];
  const headers = { ...HEADERS, ...(problem.retryAfter ? { 'Retry-After': String(problem.retryAfter) } : {}) };
  const page = { title, detail: problem.message, link, requestId: c.get('requestId') };
  return c.body(html(page), problem.status as 400, headers);
}
