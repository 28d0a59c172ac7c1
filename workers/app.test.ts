import { describe, expect, it } from 'vitest';
import { ERROR_CODES } from '../domain/errors.ts';
import { createApp } from './app.ts';

const DOCUMENT = { openapi: '3.1.0', info: { title: 'Steward', version: '1' } };

// What answers without being part of the API's contract.
const UNDOCUMENTED = [
  'GET /v1/openapi.json',
  'GET /v1/health/live',
  'GET /v1/health/ready',
  'GET /docs',
  // Pages and redirects for browsers.
  'GET /auth/login',
  'GET /auth/callback',
  'POST /auth/logout',
];

describe('the OpenAPI document', () => {
  it('has every route that is mounted', () => {
    const app = createApp();
    const documented = Object.entries(app.getOpenAPI31Document(DOCUMENT).paths ?? {}).flatMap(([path, item]) =>
      Object.keys(item as object).map((method) => `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`),
    );
    const mounted = app.routes
      // Middleware is mounted for ALL methods or under a route of its own that a handler follows.
      .filter(({ method }) => method !== 'ALL')
      .map(({ method, path }) => `${method} ${path}`);
    expect(new Set(mounted)).toEqual(new Set([...documented, ...UNDOCUMENTED]));
    expect(documented.length).toBeGreaterThan(6);
  });

  it('tells of each error in the one form, and asks for a token wherever one is needed', () => {
    const { paths } = createApp().getOpenAPI31Document(DOCUMENT);
    for (const [path, item] of Object.entries(paths ?? {}))
      for (const operation of Object.values(
        item as Record<string, { security?: unknown; responses: Record<string, { content?: object }> }>,
      )) {
        if (!path.endsWith('/file'))
          expect([path, operation.security]).toEqual([path, [{ bearer: [] }, { cookie: [] }]]);
        for (const [status, response] of Object.entries(operation.responses))
          if (Number(status) >= 400 && status !== '416')
            expect([path, status, Object.keys(response.content ?? {})]).toEqual([
              path,
              status,
              // Exporters want a google.rpc.Status in their own encoding.
              path.startsWith('/v1/otlp/')
                ? ['application/x-protobuf', 'application/json']
                : ['application/problem+json'],
            ]);
      }
  });

  it('lists every error code', () => {
    const document = JSON.stringify(createApp().getOpenAPI31Document(DOCUMENT));
    for (const code of Object.keys(ERROR_CODES)) expect(document).toContain(`"${code}"`);
  });

  it('keeps the contract of every route: reasons, versions, idempotency, closed lists of parameters', () => {
    const { paths } = createApp().getOpenAPI31Document(DOCUMENT);
    const wrong: string[] = [];
    for (const [path, item] of Object.entries(paths ?? {}))
      for (const [method, operation] of Object.entries(item as Record<string, Contract>)) {
        const name = `${method.toUpperCase()} ${path}`;
        const takes = (header: string) => operation.parameters?.some((each) => each.name === header) ?? false;
        const needs = (header: string) => {
          if (!takes(header) && !EXEMPT[name]?.includes(header)) wrong.push(`${name} takes no ${header}`);
        };
        if (operation.responses['201'] || operation.responses['202']) needs('idempotency-key');
        if (method !== 'get') needs('audit-reason');
        if (method === 'patch' || method === 'delete') needs('if-match');
        if (operation['x-action']?.endsWith('.list')) needs('limit');
      }
    expect(wrong).toEqual([]);
  });
});

interface Contract {
  parameters?: { name: string }[];
  responses: Record<string, unknown>;
  'x-action'?: string;
}

/** What a route does not take, and why. */
const EXEMPT: Record<string, string[]> = {
  // Changes nothing.
  'POST /v1/gate/check': ['audit-reason'],
  // A record of what somebody did, no change.
  'POST /v1/otlp/v1/logs': ['audit-reason'],
  'POST /v1/otlp/v1/traces': ['audit-reason'],
  // The reason is mandatory, so it is in the body. A hold is released once; If-Match and its status see to that.
  'POST /v1/audit/holds': ['audit-reason'],
  'POST /v1/audit/holds/{id}/release': ['audit-reason', 'idempotency-key'],
  // Its parameters say what it is for.
  'POST /v1/admin/exports': ['audit-reason'],
  // Changes nothing.
  'POST /v1/admin/exports/{id}/file': ['audit-reason'],
  'POST /v1/admin/exports/estimate': ['audit-reason'],
  // The reason is mandatory, so it is in the body.
  'POST /v1/admin/operations': ['audit-reason'],
  // Changes nothing.
  'POST /v1/admin/operations/plan': ['audit-reason'],
  // A link is a signed text: nothing is kept of it, and another one takes nothing away.
  'POST /v1/admin/exports/{id}/links': ['audit-reason', 'idempotency-key'],
  // A session has one change in its life, and making it twice is making it once.
  'DELETE /v1/admin/sessions/{sessionId}': ['if-match'],
  'DELETE /v1/admin/me/sessions/{sessionId}': ['if-match'],
  // The whole of it in one answer.
  'GET /v1/admin/operation-types': ['limit'],
  'GET /v1/admin/services/{id}/features': ['limit'],
  'GET /v1/admin/services/{id}/locales': ['limit'],
};
