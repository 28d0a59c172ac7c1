import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { readConfig } from '../../domain/services/read-config.ts';
import { type ConfigView, configPatch, configState } from '../../domain/services/schema.ts';
import { updateConfig } from '../../domain/services/update-config.ts';
import { type App, callerContext, type HttpEnv } from '../http.ts';
import { problems } from '../openapi.ts';
import { body, changeHeaders, json, serviceParams as params, replacement, secured, tagged } from '../route.ts';

const answer = z
  .object({ id: z.guid(), serviceId: z.guid(), ...configState.shape, version: z.int(), updatedAt: z.iso.datetime() })
  .openapi('ServiceConfig');

const ok = json('The configuration; ETag is its version.', answer);
const path = '/v1/admin/services/{id}/config';

const getConfig = createRoute({
  ...secured('service.config.read', 'Read a service’s configuration'),
  method: 'get',
  path,
  tags: ['services'],
  request: { params },
  responses: { 200: ok, ...problems() },
});

const patchConfig = createRoute({
  ...secured('service.config.update', 'Change a service’s configuration'),
  method: 'patch',
  path,
  tags: ['services'],
  description: 'A merge: absent fields stay, null clears. The change and its audit record commit together.',
  request: {
    params,
    query: z.strictObject({
      force: z.enum(['true', 'false']).default('false').openapi({
        description: 'Turn the IP whitelist on, or change it, even if your own address is not in it',
      }),
    }),
    headers: changeHeaders,
    body: body(configPatch),
  },
  responses: {
    200: ok,
    ...problems(
      'malformed_request',
      'would_lock_out',
      'stale_version',
      'body_too_large',
      'unsupported_media_type',
      'invalid_field',
    ),
  },
});

/** With its entity tag; the call's own log follows the level that is in force now. */
function answered(c: Context<HttpEnv>, config: ConfigView): ConfigView {
  c.set('auditLevel', config.auditLevel);
  return tagged(c, config);
}

export function mountConfig(app: App): void {
  app.openapi(getConfig, async (c) =>
    c.json(answered(c, await readConfig(callerContext(c), c.req.valid('param').id)), 200),
  );

  app.openapi(patchConfig, async (c) => {
    const config = await updateConfig(callerContext(c), {
      serviceId: c.req.valid('param').id,
      patch: c.req.valid('json'),
      ...replacement(c.req.valid('header')),
      // Only Cloudflare's own header is believed.
      callerAddress: c.req.header('cf-connecting-ip') ?? null,
      force: c.req.valid('query').force === 'true',
    });
    return c.json(answered(c, config), 200);
  });
}
