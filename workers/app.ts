import { OpenAPIHono } from '@hono/zod-openapi';
import { NotFound } from '../domain/errors.ts';
import { mountAuditLogs } from './audit-service/logs.ts';
import { mountConfig } from './auth-service/config.ts';
import { mountDownload } from './exports/download.ts';
import { mountExports } from './exports/request.ts';
import type { App, HttpEnv } from './http.ts';
import { authenticate } from './middleware/authenticate.ts';
import { jsonBody } from './middleware/json-body.ts';
import { rateLimit } from './middleware/rate-limit.ts';
import { requestContext } from './middleware/request-context.ts';
import { toProblem } from './problem.ts';
import { onInvalid } from './validation.ts';

/** Every route, in the order a request meets them. */
export function createApp(): App {
  const app: App = new OpenAPIHono<HttpEnv>({ defaultHook: onInvalid });
  app.onError(toProblem);
  app.notFound((c) => toProblem(new NotFound(), c));
  app.use(requestContext);

  app.get('/v1/health/live', (c) => c.json({ status: 'ok' }));
  app.doc31('/v1/openapi.json', {
    openapi: '3.1.0',
    info: { title: 'Steward', version: '1', description: 'Administration: services, audit, exports.' },
  });
  app.openAPIRegistry.registerComponent('securitySchemes', 'bearer', {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
  });
  mountDownload(app);

  app.use('/v1/*', authenticate);
  app.use(
    '/v1/*',
    rateLimit(
      (c) => c.env.runtime.config.API_RATE_LIMIT,
      (c) => c.get('caller').subject,
    ),
    jsonBody,
  );
  mountConfig(app);
  mountAuditLogs(app);
  mountExports(app);
  return app;
}
