import { createRoute, z } from '@hono/zod-openapi';
import { Malformed } from '../../domain/errors.ts';
import { readConfig } from '../../domain/services/read-config.ts';
import { configPatch, configState } from '../../domain/services/schema.ts';
import { updateConfig } from '../../domain/services/update-config.ts';
import { type App, callerContext } from '../http.ts';
import { idParam, problems, signedIn } from '../openapi.ts';

const MAX_REASON = 1000;

const answer = z
  .object({ id: z.guid(), serviceId: z.guid(), ...configState.shape, version: z.int(), updatedAt: z.iso.datetime() })
  .openapi('ServiceConfig');

const ok = {
  description: 'The configuration; ETag is its version.',
  content: { 'application/json': { schema: answer } },
};

const params = z.object({ id: idParam('id') });
const path = '/v1/admin/services/{id}/config';

const getConfig = createRoute({
  method: 'get',
  path,
  tags: ['services'],
  summary: 'Read a service’s configuration (services.view)',
  security: signedIn,
  request: { params },
  responses: { 200: ok, ...problems() },
});

const patchConfig = createRoute({
  method: 'patch',
  path,
  tags: ['services'],
  summary: 'Change a service’s configuration (services.config.update)',
  description: 'A merge: absent fields stay, null clears. The change and its audit record commit together.',
  security: signedIn,
  request: {
    params,
    headers: z.object({
      'if-match': z.string().optional().openapi({ description: 'Versions this change may replace, e.g. "3"' }),
      'audit-reason': z.string().max(MAX_REASON).optional().openapi({ description: 'Why; goes into the audit record' }),
    }),
    body: { required: true, content: { 'application/json': { schema: configPatch } } },
  },
  responses: {
    200: ok,
    ...problems('malformed_request', 'stale_version', 'body_too_large', 'unsupported_media_type', 'invalid_field'),
  },
});

/**
 * The versions If-Match names (RFC 9110 section 13.1.1). Weak tags never match; `*` and no header mean any version.
 * @throws Malformed
 */
export function versionsOf(ifMatch: string | undefined): number[] | null {
  if (ifMatch === undefined || ifMatch.trim() === '*') return null;
  const tags = ifMatch.split(',').map((tag) => tag.trim());
  if (!tags.every((tag) => /^(?:W\/)?"[\x21\x23-\x7e]*"$/.test(tag)))
    throw new Malformed('If-Match must be * or entity tags in quotes, such as "3".');
  return tags.flatMap((tag) => (/^"(?:0|[1-9]\d{0,8})"$/.test(tag) ? [Number(tag.slice(1, -1))] : []));
}

export function mountConfig(app: App): void {
  app.openapi(getConfig, async (c) => {
    const config = await readConfig(callerContext(c), c.req.valid('param').id);
    c.header('ETag', `"${config.version}"`);
    return c.json(config, 200);
  });

  app.openapi(patchConfig, async (c) => {
    const headers = c.req.valid('header');
    const config = await updateConfig(callerContext(c), {
      serviceId: c.req.valid('param').id,
      patch: c.req.valid('json'),
      ifMatch: versionsOf(headers['if-match']),
      reason: headers['audit-reason'] ?? '',
    });
    c.header('ETag', `"${config.version}"`);
    return c.json(config, 200);
  });
}
