import type { HonoRequest } from 'hono';

/** Programs that open every address they are shown, to draw a preview of it or to scan it. */
const PREVIEWERS =
  /bot\b|crawl|spider|preview|unfurl|scan|slack|facebookexternalhit|whatsapp|telegram|discord|skype|teams|embed|linkexpand|google-safety|proofpoint|mimecast|barracuda/i;

/**
 * Whether a request only looks: HTTP's own HEAD is answered elsewhere; this tells previews and scanners, by what they say of
 * themselves, and browsers that follow a link, which ask for a page. Scanners that pass for a browser ask for a page, too.
 */
export function looksWithoutDownloading(request: Pick<HonoRequest, 'header' | 'method'>): boolean {
  if (request.method === 'HEAD') return false;
  const purpose = ['sec-purpose', 'purpose', 'x-purpose', 'x-moz'].map((name) => request.header(name) ?? '').join(' ');
  if (/prefetch|prerender|preview/i.test(purpose)) return true;
  if (/\btext\/html\b/i.test(request.header('accept') ?? '')) return true;
  return PREVIEWERS.test(request.header('user-agent') ?? '');
}
