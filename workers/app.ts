import { OpenAPIHono } from '@hono/zod-openapi';
import { NotFound } from '../domain/errors.ts';
import { mountApiLogs } from './audit-service/api-logs.ts';
import { mountDeadLetters } from './audit-service/dead-letters.ts';
import { mountHolds } from './audit-service/holds.ts';
import { mountLive } from './audit-service/live.ts';
import { mountAuditLogs } from './audit-service/logs.ts';
import { mountAuditSessions } from './audit-service/sessions.ts';
import { mountUiEvents } from './audit-service/ui-events.ts';
import { mountSignIn } from './auth/sign-in.ts';
import { mountAdmins } from './auth-service/admins.ts';
import { mountAnalytics } from './auth-service/analytics.ts';
import { mountConfig } from './auth-service/config.ts';
import { mountConsents } from './auth-service/consents.ts';
import { mountCountries } from './auth-service/countries.ts';
import { mountDocumentFile } from './auth-service/document-file.ts';
import { mountDocuments } from './auth-service/documents.ts';
import { mountDomains } from './auth-service/domains.ts';
import { mountFeatures } from './auth-service/features.ts';
import { mountGrants } from './auth-service/grants.ts';
import { mountLocales } from './auth-service/locales.ts';
import { mountMe } from './auth-service/me.ts';
import { mountMySessions } from './auth-service/my-sessions.ts';
import { mountRoles } from './auth-service/roles.ts';
import { mountServices } from './auth-service/services.ts';
import { mountSessions } from './auth-service/sessions.ts';
import { mountTesters } from './auth-service/testers.ts';
import { mountDownload } from './exports/download.ts';
import { mountExportEvents } from './exports/events.ts';
import { mountExports } from './exports/request.ts';
import { mountSchedules } from './exports/schedules.ts';
import { mountGate } from './gate/check.ts';
import { mountGateService } from './gate/connect.ts';
import type { App, HttpEnv } from './http.ts';
import { apiLog } from './middleware/api-log.ts';
import { authenticate } from './middleware/authenticate.ts';
import { guard } from './middleware/guard.ts';
import { requestContext } from './middleware/request-context.ts';
import { requestLog } from './middleware/request-log.ts';
import { mountNotificationChannels } from './notifications/channels.ts';
import { mountNotificationDeliveries } from './notifications/deliveries.ts';
import { mountHealth, mountProbes } from './observability/health.ts';
import { mountMetrics } from './observability/metrics.ts';
import { mountStatus } from './observability/status.ts';
import { mountOperationControls } from './operations/control.ts';
import { mountOperationEvents } from './operations/events.ts';
import { mountOperations } from './operations/request.ts';
import { mountOperationSchedules } from './operations/schedules.ts';
import { mountOperationUpload } from './operations/upload.ts';
import { toStatus } from './otlp/answer.ts';
import { mountOtlp } from './otlp/collect.ts';
import { wantsPage } from './page.ts';
import { toProblem } from './problem.ts';
import { mountReference } from './reference/mount.ts';
import { onInvalid } from './validation.ts';

const isOtlp = (c: { req: { path: string } }) => c.req.path.startsWith('/v1/otlp/');

/** Every route, in the order a request meets them. */
export function createApp(): App {
  const app: App = new OpenAPIHono<HttpEnv>({ defaultHook: onInvalid });
  app.onError((error, c) => (isOtlp(c) ? toStatus(error, c) : toProblem(error, c)));
  app.notFound((c) => {
    if (wantsPage(c)) return c.env.runtime.page();
    return isOtlp(c) ? toStatus(new NotFound(), c) : toProblem(new NotFound(), c);
  });
  app.use(requestContext);
  app.use(requestLog);

  mountProbes(app);
  mountReference(app);
  app.openAPIRegistry.registerComponent('securitySchemes', 'bearer', {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
  });
  app.openAPIRegistry.registerComponent('securitySchemes', 'cookie', {
    type: 'apiKey',
    in: 'cookie',
    name: '__Host-steward',
    description: 'Of a browser that signed in at /auth/login. Changes must come from our own Origin.',
  });
  mountDownload(app);
  mountDocumentFile(app);
  mountSignIn(app);
  mountGateService(app);

  app.use('/v1/*', apiLog);
  app.use('/v1/*', authenticate);
  // The gate's callers are counted by what they ask about, not here.
  app.use(
    '/v1/*',
    guard((c) => {
      const { API_RATE_LIMIT, OTLP_RATE_LIMIT } = c.env.runtime.config;
      if (c.req.path.startsWith('/v1/gate/')) return null;
      // Telemetry must not use up what its admin works with.
      return isOtlp(c) ? OTLP_RATE_LIMIT : API_RATE_LIMIT;
    }),
  );
  mountMe(app);
  mountMySessions(app);
  mountAdmins(app);
  mountRoles(app);
  mountGrants(app);
  mountSessions(app);
  mountServices(app);
  mountConfig(app);
  mountCountries(app);
  mountLocales(app);
  mountConsents(app);
  mountDocuments(app);
  mountDomains(app);
  mountFeatures(app);
  mountTesters(app);
  mountAnalytics(app);
  mountAuditLogs(app);
  mountUiEvents(app);
  mountApiLogs(app);
  mountAuditSessions(app);
  mountDeadLetters(app);
  mountHolds(app);
  mountLive(app);
  mountOtlp(app);
  mountExports(app);
  mountSchedules(app);
  mountExportEvents(app);
  mountOperations(app);
  mountOperationUpload(app);
  mountOperationControls(app);
  mountOperationSchedules(app);
  mountOperationEvents(app);
  mountNotificationChannels(app);
  mountNotificationDeliveries(app);
  mountGate(app);
  mountHealth(app);
  mountMetrics(app);
  mountStatus(app);
  return app;
}
