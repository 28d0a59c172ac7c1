import type { App } from '../http.ts';
import type { ApiDocument } from './document.ts';
import { referencePage } from './page.ts';

export const API_DOCUMENT = {
  openapi: '3.1.0',
  info: { title: 'Steward', version: '1', description: 'Administration: services, access, the gate, audit, exports.' },
};

const HEADERS = {
  'Content-Type': 'text/html; charset=utf-8',
  'Content-Security-Policy':
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'Cache-Control': 'public, max-age=300',
};

/** The OpenAPI document, and a page made of it for people. Both are the same for everybody. */
export function mountReference(app: App): void {
  let page: string | undefined;
  app.doc31('/v1/openapi.json', API_DOCUMENT);
  app.get('/docs', async (c) => {
    page ??= String(
      await referencePage(
        JSON.parse(JSON.stringify(app.getOpenAPI31Document(API_DOCUMENT))) as ApiDocument,
        c.env.runtime.config.PUBLIC_URL,
      ),
    );
    return c.body(page, 200, HEADERS);
  });
}
