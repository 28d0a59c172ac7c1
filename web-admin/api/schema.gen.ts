// Made by `npm run generate:api` from /v1/openapi.json.

/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "ServiceDocumentWithLink".
 */
export type ServiceDocumentWithLink = ServiceDocument & {
  downloadUrl: string;
  downloadUrlExpiresAt: string;
};
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "ServiceFeatureInTree".
 */
export type ServiceFeatureInTree = ServiceFeature & {
  /**
   * 1 for a root
   */
  depth: number;
  /**
   * It and everything above it is active
   */
  effective: boolean;
};
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "AuditLog".
 */
export type AuditLog = AuditLogSummary & {
  before?: unknown;
  after?: unknown;
  /**
   * What makes `after` out of `before`; at most 200
   */
  changes: AuditLogChange[];
  /**
   * There are more changes than are listed
   */
  changesTruncated: boolean;
};
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "ApiLog".
 */
export type ApiLog = ApiLogSummary & {
  /**
   * Redacted, cut where it was long; null where none was kept
   */
  requestBody: string | null;
  /**
   * Redacted, cut where it was long; null where none was kept
   */
  responseBody: string | null;
};
/**
 * `attestedBy`: a UI event is what the browser said, all else what we saw
 *
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "TimelineItem".
 */
export type TimelineItem =
  | {
      kind: 'ui-event';
      attestedBy: 'client';
      entry: UiEvent;
    }
  | {
      kind: 'api-call';
      attestedBy: 'server';
      entry: ApiLogSummary;
    }
  | {
      kind: 'audit';
      attestedBy: 'server';
      entry: AuditLogSummary;
    };
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "NotificationChannelWithSecret".
 */
export type NotificationChannelWithSecret = NotificationChannel & {
  /**
   * Of a webhook; shown in this one answer
   */
  secret: string | null;
};

export interface Api {
  'GET /v1/admin/exports/{id}/file': {
    path: {
      id: string;
    };
    query: {};
    answer: null;
  };
  'POST /v1/admin/exports/{id}/file': {
    path: {
      id: string;
    };
    query: {};
    answer: null;
  };
  'GET /v1/admin/services/{id}/documents/{documentId}/file': {
    path: {
      id: string;
      documentId: string;
    };
    query: {};
    answer: null;
  };
  'GET /v1/admin/me': {
    path: {};
    query: {};
    answer: Me;
  };
  'GET /v1/admin/me/sessions': {
    path: {};
    query: {
      limit?: number;
      cursor?: string;
      alive?: 'true' | 'false';
    };
    answer: SessionPage;
  };
  'DELETE /v1/admin/me/sessions/{sessionId}': {
    path: {
      sessionId: string;
    };
    query: {};
    answer: Session;
  };
  'POST /v1/admin/me/sign-out-everywhere': {
    path: {};
    query: {};
    answer: SignedOutEverywhere;
  };
  'GET /v1/admin/admins': {
    path: {};
    query: {
      limit?: number;
      cursor?: string;
      /**
       * Part of a name or e-mail address
       */
      search?: string;
      status?: 'active' | 'locked' | 'removed';
    };
    answer: AdminPage;
  };
  'POST /v1/admin/admins': {
    path: {};
    query: {};
    body: {
      subject: string;
      email: string;
      name: string;
    };
    answer: Admin;
  };
  'GET /v1/admin/admins/{adminId}': {
    path: {
      adminId: string;
    };
    query: {};
    answer: Admin;
  };
  'PATCH /v1/admin/admins/{adminId}': {
    path: {
      adminId: string;
    };
    query: {};
    body: {
      email?: string;
      name?: string;
      status?: 'active' | 'locked';
    };
    answer: Admin;
  };
  'DELETE /v1/admin/admins/{adminId}': {
    path: {
      adminId: string;
    };
    query: {};
    answer: Admin;
  };
  'GET /v1/admin/roles': {
    path: {};
    query: {
      limit?: number;
      cursor?: string;
    };
    answer: RolePage;
  };
  'POST /v1/admin/roles': {
    path: {};
    query: {};
    body: {
      name: string;
      description?: string | null;
      permissions: (
        | 'operations.execute'
        | 'operations.approve'
        | 'exports.request'
        | 'exports.download'
        | 'observability.view'
        | 'system.health.view'
        | 'audit.view'
        | 'audit.hold.manage'
        | 'services.view'
        | 'services.manage'
        | 'services.config.update'
        | 'services.features.manage'
        | 'services.testers.manage'
        | 'services.content.manage'
        | 'analytics.view'
        | 'admins.view'
        | 'admins.manage'
        | 'notifications.manage'
        | 'gate.check'
        | 'telemetry.write'
      )[];
      rank?: number;
    };
    answer: Role;
  };
  'GET /v1/admin/roles/{roleId}': {
    path: {
      roleId: string;
    };
    query: {};
    answer: Role;
  };
  'PATCH /v1/admin/roles/{roleId}': {
    path: {
      roleId: string;
    };
    query: {};
    body: {
      name?: string;
      description?: string | null;
      permissions?: (
        | 'operations.execute'
        | 'operations.approve'
        | 'exports.request'
        | 'exports.download'
        | 'observability.view'
        | 'system.health.view'
        | 'audit.view'
        | 'audit.hold.manage'
        | 'services.view'
        | 'services.manage'
        | 'services.config.update'
        | 'services.features.manage'
        | 'services.testers.manage'
        | 'services.content.manage'
        | 'analytics.view'
        | 'admins.view'
        | 'admins.manage'
        | 'notifications.manage'
        | 'gate.check'
        | 'telemetry.write'
      )[];
      rank?: number;
    };
    answer: Role;
  };
  'DELETE /v1/admin/roles/{roleId}': {
    path: {
      roleId: string;
    };
    query: {};
    answer: null;
  };
  'GET /v1/admin/grants': {
    path: {};
    query: {
      limit?: number;
      cursor?: string;
      adminId?: string;
      roleId?: string;
      serviceId?: string;
    };
    answer: GrantPage;
  };
  'POST /v1/admin/grants': {
    path: {};
    query: {};
    body: {
      adminId: string;
      roleId: string;
      serviceId: string | null;
    };
    answer: Grant;
  };
  'GET /v1/admin/grants/{grantId}': {
    path: {
      grantId: string;
    };
    query: {};
    answer: Grant;
  };
  'DELETE /v1/admin/grants/{grantId}': {
    path: {
      grantId: string;
    };
    query: {};
    answer: null;
  };
  'GET /v1/admin/sessions': {
    path: {};
    query: {
      limit?: number;
      cursor?: string;
      adminId?: string;
      alive?: 'true' | 'false';
    };
    answer: SessionPage;
  };
  'DELETE /v1/admin/sessions/{sessionId}': {
    path: {
      sessionId: string;
    };
    query: {};
    answer: Session;
  };
  'GET /v1/admin/services': {
    path: {};
    query: {
      limit?: number;
      cursor?: string;
      /**
       * Part of a name or slug
       */
      search?: string;
      archived?: 'true' | 'false' | 'any';
    };
    answer: ServicePage;
  };
  'POST /v1/admin/services': {
    path: {};
    query: {};
    body: {
      slug: string;
      name: string;
      description?: string | null;
    };
    answer: Service;
  };
  'GET /v1/admin/services/{id}': {
    path: {
      id: string;
    };
    query: {};
    answer: Service;
  };
  'PATCH /v1/admin/services/{id}': {
    path: {
      id: string;
    };
    query: {};
    body: {
      slug?: string;
      name?: string;
      description?: string | null;
    };
    answer: Service;
  };
  'DELETE /v1/admin/services/{id}': {
    path: {
      id: string;
    };
    query: {};
    answer: Service;
  };
  'POST /v1/admin/services/{id}/restore': {
    path: {
      id: string;
    };
    query: {};
    answer: Service;
  };
  'GET /v1/admin/services/{id}/config': {
    path: {
      id: string;
    };
    query: {};
    answer: ServiceConfig;
  };
  'PATCH /v1/admin/services/{id}/config': {
    path: {
      id: string;
    };
    query: {
      /**
       * Turn the IP whitelist on, or change it, even if your own address is not in it
       */
      force?: 'true' | 'false';
    };
    body: {
      jwtValidation?: boolean;
      domainValidation?: boolean;
      ipWhitelistEnabled?: boolean;
      /**
       * @maxItems 1000
       */
      ipWhitelist?: string[];
      rateLimitEnabled?: boolean;
      rateLimitRequests?: number;
      rateLimitWindow?: number;
      maintenanceMode?: boolean;
      maintenanceMessage?: string | null;
      auditLevel?: 'MINIMAL' | 'STANDARD' | 'DETAILED';
    };
    answer: ServiceConfig;
  };
  'GET /v1/admin/services/{id}/countries': {
    path: {
      id: string;
    };
    query: {
      limit?: number;
      cursor?: string;
    };
    answer: ServiceCountryPage;
  };
  'POST /v1/admin/services/{id}/countries': {
    path: {
      id: string;
    };
    query: {};
    body: {
      code: string;
      isAvailable?: boolean;
      note?: string | null;
    };
    answer: ServiceCountry;
  };
  'GET /v1/admin/services/{id}/countries/{code}': {
    path: {
      id: string;
      code: string;
    };
    query: {};
    answer: ServiceCountry;
  };
  'PATCH /v1/admin/services/{id}/countries/{code}': {
    path: {
      id: string;
      code: string;
    };
    query: {};
    body: {
      isAvailable?: boolean;
      note?: string | null;
    };
    answer: ServiceCountry;
  };
  'DELETE /v1/admin/services/{id}/countries/{code}': {
    path: {
      id: string;
      code: string;
    };
    query: {};
    answer: null;
  };
  'GET /v1/admin/services/{id}/locales': {
    path: {
      id: string;
    };
    query: {};
    answer: ServiceLocalePage;
  };
  'POST /v1/admin/services/{id}/locales': {
    path: {
      id: string;
    };
    query: {};
    body: {
      tag: string;
      isDefault?: boolean;
      fallbackOrder?: number;
    };
    answer: ServiceLocale;
  };
  'GET /v1/admin/services/{id}/locales/{tag}': {
    path: {
      id: string;
      tag: string;
    };
    query: {};
    answer: ServiceLocale;
  };
  'PATCH /v1/admin/services/{id}/locales/{tag}': {
    path: {
      id: string;
      tag: string;
    };
    query: {};
    body: {
      isDefault?: boolean;
      fallbackOrder?: number;
    };
    answer: ServiceLocale;
  };
  'DELETE /v1/admin/services/{id}/locales/{tag}': {
    path: {
      id: string;
      tag: string;
    };
    query: {};
    answer: null;
  };
  'GET /v1/admin/services/{id}/consents': {
    path: {
      id: string;
    };
    query: {
      limit?: number;
      cursor?: string;
    };
    answer: ServiceConsentPage;
  };
  'POST /v1/admin/services/{id}/consents': {
    path: {
      id: string;
    };
    query: {};
    body: {
      code: string;
      texts: {
        [k: string]: string;
      };
      required?: boolean;
      effectiveFrom?: string | null;
    };
    answer: ServiceConsent;
  };
  'GET /v1/admin/services/{id}/consents/{consentId}': {
    path: {
      id: string;
      consentId: string;
    };
    query: {};
    answer: ServiceConsent;
  };
  'PATCH /v1/admin/services/{id}/consents/{consentId}': {
    path: {
      id: string;
      consentId: string;
    };
    query: {};
    body: {
      texts?: {
        [k: string]: string;
      };
      required?: boolean;
      effectiveFrom?: string | null;
    };
    answer: ServiceConsent;
  };
  'DELETE /v1/admin/services/{id}/consents/{consentId}': {
    path: {
      id: string;
      consentId: string;
    };
    query: {};
    answer: null;
  };
  'POST /v1/admin/services/{id}/consents/{consentId}/publish': {
    path: {
      id: string;
      consentId: string;
    };
    query: {};
    answer: ServiceConsent;
  };
  'GET /v1/admin/services/{id}/documents': {
    path: {
      id: string;
    };
    query: {
      limit?: number;
      cursor?: string;
    };
    answer: ServiceDocumentPage;
  };
  'POST /v1/admin/services/{id}/documents': {
    path: {
      id: string;
    };
    query: {
      code: string;
      locale: string;
      title: string;
    };
    answer: ServiceDocument;
  };
  'GET /v1/admin/services/{id}/documents/{documentId}': {
    path: {
      id: string;
      documentId: string;
    };
    query: {};
    answer: ServiceDocumentWithLink;
  };
  'PATCH /v1/admin/services/{id}/documents/{documentId}': {
    path: {
      id: string;
      documentId: string;
    };
    query: {};
    body: {
      title?: string;
    };
    answer: ServiceDocument;
  };
  'DELETE /v1/admin/services/{id}/documents/{documentId}': {
    path: {
      id: string;
      documentId: string;
    };
    query: {};
    answer: null;
  };
  'POST /v1/admin/services/{id}/documents/{documentId}/publish': {
    path: {
      id: string;
      documentId: string;
    };
    query: {};
    answer: ServiceDocument;
  };
  'GET /v1/admin/services/{id}/domains': {
    path: {
      id: string;
    };
    query: {
      limit?: number;
      cursor?: string;
    };
    answer: ServiceDomainPage;
  };
  'POST /v1/admin/services/{id}/domains': {
    path: {
      id: string;
    };
    query: {};
    body: {
      domain: string;
    };
    answer: ServiceDomain;
  };
  'DELETE /v1/admin/services/{id}/domains/{domain}': {
    path: {
      id: string;
      domain: string;
    };
    query: {};
    answer: null;
  };
  'GET /v1/admin/services/{id}/features': {
    path: {
      id: string;
    };
    query: {};
    answer: ServiceFeatureTree;
  };
  'POST /v1/admin/services/{id}/features': {
    path: {
      id: string;
    };
    query: {};
    body: {
      parentId?: string | null;
      name: string;
      code: string;
      description?: string | null;
      category?: string | null;
      isActive?: boolean;
      isDefault?: boolean;
      displayOrder?: number;
    };
    answer: ServiceFeature;
  };
  'PATCH /v1/admin/services/{id}/features/{featureId}': {
    path: {
      id: string;
      featureId: string;
    };
    query: {};
    body: {
      parentId?: string | null;
      name?: string;
      code?: string;
      description?: string | null;
      category?: string | null;
      isActive?: boolean;
      isDefault?: boolean;
      displayOrder?: number;
    };
    answer: ServiceFeature;
  };
  'DELETE /v1/admin/services/{id}/features/{featureId}': {
    path: {
      id: string;
      featureId: string;
    };
    query: {
      /**
       * Remove everything below it as well
       */
      cascade?: 'true' | 'false';
    };
    answer: {
      deleted: number;
    };
  };
  'GET /v1/admin/services/{id}/testers/users': {
    path: {
      id: string;
    };
    query: {
      limit?: number;
      cursor?: string;
    };
    answer: ServiceTesterUserPage;
  };
  'POST /v1/admin/services/{id}/testers/users': {
    path: {
      id: string;
    };
    query: {};
    body: {
      userId: string;
      bypassDomain?: boolean;
      bypassIP?: boolean;
      bypassRateLimit?: boolean;
      expiresAt?: string | null;
      note?: string | null;
    };
    answer: ServiceTesterUser;
  };
  'DELETE /v1/admin/services/{id}/testers/users/{userId}': {
    path: {
      id: string;
      userId: string;
    };
    query: {};
    answer: null;
  };
  'GET /v1/admin/services/{id}/testers/admins': {
    path: {
      id: string;
    };
    query: {
      limit?: number;
      cursor?: string;
    };
    answer: ServiceTesterAdminPage;
  };
  'POST /v1/admin/services/{id}/testers/admins': {
    path: {
      id: string;
    };
    query: {};
    body: {
      adminId: string;
      expiresAt?: string | null;
      note?: string | null;
    };
    answer: ServiceTesterAdmin;
  };
  'DELETE /v1/admin/services/{id}/testers/admins/{adminId}': {
    path: {
      id: string;
      adminId: string;
    };
    query: {};
    answer: null;
  };
  'GET /v1/admin/services/{id}/analytics': {
    path: {
      id: string;
    };
    query: {
      from?: string;
      to?: string;
      interval?: 'hour' | 'day';
    };
    answer: ServiceAnalytics;
  };
  'GET /v1/audit/logs': {
    path: {};
    query: {
      from?: string;
      to?: string;
      actorId?: string;
      actorEmail?: string;
      action?: string;
      resource?: string;
      resourceId?: string;
      serviceId?: string;
      outcome?: 'success' | 'denied' | 'failure';
      traceId?: string;
      requestId?: string;
      sessionId?: string;
      q?: string;
      /**
       * @minItems 1
       * @maxItems 20
       */
      notActorId?: string[];
      /**
       * @minItems 1
       * @maxItems 20
       */
      notActorEmail?: string[];
      /**
       * @minItems 1
       * @maxItems 20
       */
      notAction?: string[];
      /**
       * @minItems 1
       * @maxItems 20
       */
      notResource?: string[];
      /**
       * @minItems 1
       * @maxItems 20
       */
      notResourceId?: string[];
      /**
       * @minItems 1
       * @maxItems 20
       */
      notServiceId?: string[];
      /**
       * @minItems 1
       * @maxItems 20
       */
      notOutcome?: ('success' | 'denied' | 'failure')[];
      /**
       * @minItems 1
       * @maxItems 20
       */
      notTraceId?: string[];
      /**
       * @minItems 1
       * @maxItems 20
       */
      notRequestId?: string[];
      /**
       * @minItems 1
       * @maxItems 20
       */
      notSessionId?: string[];
      limit?: number;
      cursor?: string;
    };
    answer: AuditLogPage;
  };
  'GET /v1/audit/logs/histogram': {
    path: {};
    query: {
      from?: string;
      to?: string;
      actorId?: string;
      actorEmail?: string;
      action?: string;
      resource?: string;
      resourceId?: string;
      serviceId?: string;
      outcome?: 'success' | 'denied' | 'failure';
      traceId?: string;
      requestId?: string;
      sessionId?: string;
      q?: string;
      /**
       * @minItems 1
       * @maxItems 20
       */
      notActorId?: string[];
      /**
       * @minItems 1
       * @maxItems 20
       */
      notActorEmail?: string[];
      /**
       * @minItems 1
       * @maxItems 20
       */
      notAction?: string[];
      /**
       * @minItems 1
       * @maxItems 20
       */
      notResource?: string[];
      /**
       * @minItems 1
       * @maxItems 20
       */
      notResourceId?: string[];
      /**
       * @minItems 1
       * @maxItems 20
       */
      notServiceId?: string[];
      /**
       * @minItems 1
       * @maxItems 20
       */
      notOutcome?: ('success' | 'denied' | 'failure')[];
      /**
       * @minItems 1
       * @maxItems 20
       */
      notTraceId?: string[];
      /**
       * @minItems 1
       * @maxItems 20
       */
      notRequestId?: string[];
      /**
       * @minItems 1
       * @maxItems 20
       */
      notSessionId?: string[];
      interval?: 'auto' | 'minute' | 'hour' | 'day' | 'week';
    };
    answer: AuditLogHistogram;
  };
  'GET /v1/audit/logs/{id}': {
    path: {
      id: string;
    };
    query: {};
    answer: AuditLog;
  };
  'GET /v1/audit/ui-events': {
    path: {};
    query: {
      from?: string;
      to?: string;
      actorId?: string;
      actorEmail?: string;
      eventType?: string;
      componentName?: string;
      pagePath?: string;
      serviceId?: string;
      sessionId?: string;
      traceId?: string;
      limit?: number;
      cursor?: string;
    };
    answer: UiEventPage;
  };
  'GET /v1/audit/ui-events/{id}': {
    path: {
      id: string;
    };
    query: {};
    answer: UiEvent;
  };
  'GET /v1/audit/api-logs': {
    path: {};
    query: {
      from?: string;
      to?: string;
      endpoint?: string;
      method?: string;
      status?: string;
      minDurationMs?: number | null;
      actorId?: string;
      actorEmail?: string;
      serviceId?: string;
      traceId?: string;
      requestId?: string;
      sessionId?: string;
      errorCode?: string;
      limit?: number;
      cursor?: string;
    };
    answer: ApiLogPage;
  };
  'GET /v1/audit/api-logs/{id}': {
    path: {
      id: string;
    };
    query: {};
    answer: ApiLog;
  };
  'GET /v1/audit/sessions': {
    path: {};
    query: {
      from?: string;
      to?: string;
      actorId?: string;
      actorEmail?: string;
      serviceId?: string;
      ended?: 'true' | 'false';
      limit?: number;
      cursor?: string;
    };
    answer: AuditSessionPage;
  };
  'GET /v1/audit/sessions/{id}/timeline': {
    path: {
      id: string;
    };
    query: {
      kind?: 'ui-event' | 'api-call' | 'audit';
      limit?: number;
      cursor?: string;
    };
    answer: SessionTimeline;
  };
  'GET /v1/audit/dead-letters': {
    path: {};
    query: {
      limit?: number;
      cursor?: string;
      queue?: 'audit-events' | 'audit-outbox' | 'exports' | 'notifications' | 'operations' | 'telemetry-forward';
      replayed?: 'true' | 'false';
    };
    answer: DeadLetterPage;
  };
  'POST /v1/audit/dead-letters/{id}/replay': {
    path: {
      id: string;
    };
    query: {};
    answer: DeadLetter;
  };
  'GET /v1/audit/holds': {
    path: {};
    query: {
      limit?: number;
      cursor?: string;
      status?: 'applying' | 'active' | 'releasing' | 'released';
    };
    answer: LegalHoldPage;
  };
  'POST /v1/audit/holds': {
    path: {};
    query: {};
    body: {
      reason: string;
      resource?: string | null;
      resourceId?: string | null;
      actorId?: string | null;
      serviceId?: string | null;
      from?: string | null;
      to?: string | null;
    };
    answer: LegalHold;
  };
  'GET /v1/audit/holds/{id}': {
    path: {
      id: string;
    };
    query: {};
    answer: LegalHold;
  };
  'POST /v1/audit/holds/{id}/release': {
    path: {
      id: string;
    };
    query: {};
    body: {
      reason: string;
    };
    answer: LegalHold;
  };
  'GET /v1/audit/live': {
    path: {};
    query: {
      actorId?: string;
      actorEmail?: string;
      action?: string;
      resource?: string;
      resourceId?: string;
      serviceId?: string;
      outcome?: 'success' | 'denied' | 'failure';
      traceId?: string;
      requestId?: string;
      sessionId?: string;
      q?: string;
      /**
       * @minItems 1
       * @maxItems 20
       */
      notActorId?: string[];
      /**
       * @minItems 1
       * @maxItems 20
       */
      notActorEmail?: string[];
      /**
       * @minItems 1
       * @maxItems 20
       */
      notAction?: string[];
      /**
       * @minItems 1
       * @maxItems 20
       */
      notResource?: string[];
      /**
       * @minItems 1
       * @maxItems 20
       */
      notResourceId?: string[];
      /**
       * @minItems 1
       * @maxItems 20
       */
      notServiceId?: string[];
      /**
       * @minItems 1
       * @maxItems 20
       */
      notOutcome?: ('success' | 'denied' | 'failure')[];
      /**
       * @minItems 1
       * @maxItems 20
       */
      notTraceId?: string[];
      /**
       * @minItems 1
       * @maxItems 20
       */
      notRequestId?: string[];
      /**
       * @minItems 1
       * @maxItems 20
       */
      notSessionId?: string[];
    };
    answer: null;
  };
  'POST /v1/otlp/v1/logs': {
    path: {};
    query: {};
    /**
     * ExportLogsServiceRequest of opentelemetry-proto 1.x
     */
    body: {};
    /**
     * ExportLogsServiceResponse of opentelemetry-proto 1.x
     */
    answer: {};
  };
  'POST /v1/otlp/v1/traces': {
    path: {};
    query: {};
    /**
     * ExportTraceServiceRequest of opentelemetry-proto 1.x
     */
    body: {};
    /**
     * ExportTraceServiceResponse of opentelemetry-proto 1.x
     */
    answer: {};
  };
  'POST /v1/admin/exports/estimate': {
    path: {};
    query: {};
    body: {
      exportType:
        | 'admins'
        | 'services'
        | 'features'
        | 'testers'
        | 'audit_logs'
        | 'security_events'
        | 'api_logs'
        | 'ui_events'
        | 'sessions'
        | 'operations'
        | 'activity_summary'
        | 'personal_data';
      fileFormat?: 'csv' | 'json' | 'ndjson' | 'pdf' | 'xlsx';
      compression?: 'none' | 'gzip';
      parameters?: {
        [k: string]: unknown;
      };
    };
    answer: ExportEstimate;
  };
  'GET /v1/admin/exports': {
    path: {};
    query: {
      limit?: number;
      cursor?: string;
      status?: 'queued' | 'processing' | 'ready' | 'expired' | 'failed';
      exportType?:
        | 'admins'
        | 'services'
        | 'features'
        | 'testers'
        | 'audit_logs'
        | 'security_events'
        | 'api_logs'
        | 'ui_events'
        | 'sessions'
        | 'operations'
        | 'activity_summary'
        | 'personal_data';
      scheduleId?: string;
      /**
       * anybody: also those of others that you may download
       */
      requestedBy?: 'me' | 'anybody';
    };
    answer: ExportPage;
  };
  'POST /v1/admin/exports': {
    path: {};
    query: {};
    body: {
      exportType:
        | 'admins'
        | 'services'
        | 'features'
        | 'testers'
        | 'audit_logs'
        | 'security_events'
        | 'api_logs'
        | 'ui_events'
        | 'sessions'
        | 'operations'
        | 'activity_summary'
        | 'personal_data';
      fileFormat?: 'csv' | 'json' | 'ndjson' | 'pdf' | 'xlsx';
      compression?: 'none' | 'gzip';
      parameters?: {
        [k: string]: unknown;
      };
      name?: string;
    };
    answer: Export;
  };
  'GET /v1/admin/exports/{id}': {
    path: {
      id: string;
    };
    query: {};
    answer: Export;
  };
  'POST /v1/admin/exports/{id}/pause': {
    path: {
      id: string;
    };
    query: {};
    answer: Export;
  };
  'POST /v1/admin/exports/{id}/resume': {
    path: {
      id: string;
    };
    query: {};
    answer: Export;
  };
  'POST /v1/admin/exports/{id}/cancel': {
    path: {
      id: string;
    };
    query: {};
    answer: Export;
  };
  'POST /v1/admin/exports/{id}/retry': {
    path: {
      id: string;
    };
    query: {};
    answer: Export;
  };
  'POST /v1/admin/exports/{id}/links': {
    path: {
      id: string;
    };
    query: {};
    body: {
      kind?: 'expiring' | 'one-time';
      expiresInSeconds?: number;
      bundle?: boolean;
    };
    answer: ExportLink;
  };
  'GET /v1/admin/export-schedules': {
    path: {};
    query: {
      limit?: number;
      cursor?: string;
      /**
       * Anybody’s, not only your own; needs admins.manage everywhere instead of exports.request
       */
      owner?: 'all';
    };
    answer: ExportSchedulePage;
  };
  'POST /v1/admin/export-schedules': {
    path: {};
    query: {};
    body: {
      name: string;
      exportType:
        | 'admins'
        | 'services'
        | 'features'
        | 'testers'
        | 'audit_logs'
        | 'security_events'
        | 'api_logs'
        | 'ui_events'
        | 'sessions'
        | 'operations'
        | 'activity_summary'
        | 'personal_data';
      fileFormat?: 'csv' | 'json' | 'ndjson' | 'pdf' | 'xlsx';
      compression?: 'none' | 'gzip';
      parameters?: {
        [k: string]: unknown;
      };
      period?: 'all' | 'previous_day' | 'previous_week' | 'previous_month' | 'since_last_run';
      cron: string;
      timeZone?: string;
      enabled?: boolean;
    };
    answer: ExportSchedule;
  };
  'GET /v1/admin/export-schedules/{id}': {
    path: {
      id: string;
    };
    query: {
      /**
       * Anybody’s, not only your own; needs admins.manage everywhere instead of exports.request
       */
      owner?: 'all';
    };
    answer: ExportSchedule;
  };
  'PATCH /v1/admin/export-schedules/{id}': {
    path: {
      id: string;
    };
    query: {
      /**
       * Anybody’s, not only your own; needs admins.manage everywhere instead of exports.request
       */
      owner?: 'all';
    };
    body: {
      name?: string;
      exportType?:
        | 'admins'
        | 'services'
        | 'features'
        | 'testers'
        | 'audit_logs'
        | 'security_events'
        | 'api_logs'
        | 'ui_events'
        | 'sessions'
        | 'operations'
        | 'activity_summary'
        | 'personal_data';
      fileFormat?: 'csv' | 'json' | 'ndjson' | 'pdf' | 'xlsx';
      compression?: 'none' | 'gzip';
      parameters?: {
        [k: string]: unknown;
      };
      period?: 'all' | 'previous_day' | 'previous_week' | 'previous_month' | 'since_last_run';
      cron?: string;
      timeZone?: string;
      enabled?: boolean;
    };
    answer: ExportSchedule;
  };
  'DELETE /v1/admin/export-schedules/{id}': {
    path: {
      id: string;
    };
    query: {
      /**
       * Anybody’s, not only your own; needs admins.manage everywhere instead of exports.request
       */
      owner?: 'all';
    };
    answer: null;
  };
  'POST /v1/admin/export-schedules/{id}/run': {
    path: {
      id: string;
    };
    query: {};
    answer: ExportScheduleRun;
  };
  'GET /v1/admin/exports/{id}/events': {
    path: {
      id: string;
    };
    query: {};
    answer: null;
  };
  'GET /v1/admin/operation-types': {
    path: {};
    query: {};
    answer: OperationTypes;
  };
  'POST /v1/admin/operations/plan': {
    path: {};
    query: {};
    body: {
      type:
        | 'sessions.revoke'
        | 'admins.lock'
        | 'admins.unlock'
        | 'security.lockdown'
        | 'security.release'
        | 'services.maintenance'
        | 'services.config.apply'
        | 'features.toggle'
        | 'testers.purge-expired'
        | 'exports.purge'
        | 'audit.hold.apply'
        | 'audit.hold.release'
        | 'retention.enforce'
        | 'dead-letters.replay'
        | 'cache.purge'
        | 'subject.export'
        | 'subject.erase'
        | 'keys.rotate';
      /**
       * What it is about; its own `type` says what else it has
       */
      target: {
        [k: string]: unknown;
      };
      parameters?: {
        [k: string]: unknown;
      };
    };
    answer: OperationPlan;
  };
  'GET /v1/admin/operations': {
    path: {};
    query: {
      limit?: number;
      cursor?: string;
      type?:
        | 'sessions.revoke'
        | 'admins.lock'
        | 'admins.unlock'
        | 'security.lockdown'
        | 'security.release'
        | 'services.maintenance'
        | 'services.config.apply'
        | 'features.toggle'
        | 'testers.purge-expired'
        | 'exports.purge'
        | 'audit.hold.apply'
        | 'audit.hold.release'
        | 'retention.enforce'
        | 'dead-letters.replay'
        | 'cache.purge'
        | 'subject.export'
        | 'subject.erase'
        | 'keys.rotate';
      status?: 'pending' | 'running' | 'completed' | 'failed';
      phase?:
        | 'planned'
        | 'awaiting_approval'
        | 'approved'
        | 'queued'
        | 'running'
        | 'paused'
        | 'cancelling'
        | 'completed'
        | 'incomplete'
        | 'failed'
        | 'cancelled'
        | 'rejected'
        | 'expired'
        | 'undoing'
        | 'undone';
      actorId?: string;
      scheduleId?: string;
      /**
       * Those that wait for your word
       */
      forMe?: 'true';
      /**
       * Started without approval and not reviewed
       */
      toReview?: 'true';
    };
    answer: OperationPage;
  };
  'POST /v1/admin/operations': {
    path: {};
    query: {};
    body: {
      type:
        | 'sessions.revoke'
        | 'admins.lock'
        | 'admins.unlock'
        | 'security.lockdown'
        | 'security.release'
        | 'services.maintenance'
        | 'services.config.apply'
        | 'features.toggle'
        | 'testers.purge-expired'
        | 'exports.purge'
        | 'audit.hold.apply'
        | 'audit.hold.release'
        | 'retention.enforce'
        | 'dead-letters.replay'
        | 'cache.purge'
        | 'subject.export'
        | 'subject.erase'
        | 'keys.rotate';
      /**
       * What it is about; its own `type` says what else it has
       */
      target: {
        [k: string]: unknown;
      };
      parameters?: {
        [k: string]: unknown;
      };
      reason: string;
      start?: boolean;
    };
    answer: Operation;
  };
  'GET /v1/admin/operations/{id}': {
    path: {
      id: string;
    };
    query: {};
    answer: Operation;
  };
  'GET /v1/admin/operations/{id}/items': {
    path: {
      id: string;
    };
    query: {
      limit?: number;
      cursor?: string;
      outcome?: 'pending' | 'succeeded' | 'skipped' | 'failed';
      undoOutcome?: 'undone' | 'left' | 'failed';
    };
    answer: OperationItemPage;
  };
  'POST /v1/admin/operations/upload': {
    path: {};
    query: {
      type:
        | 'sessions.revoke'
        | 'admins.lock'
        | 'admins.unlock'
        | 'security.lockdown'
        | 'security.release'
        | 'services.maintenance'
        | 'services.config.apply'
        | 'features.toggle'
        | 'testers.purge-expired'
        | 'exports.purge'
        | 'audit.hold.apply'
        | 'audit.hold.release'
        | 'retention.enforce'
        | 'dead-letters.replay'
        | 'cache.purge'
        | 'subject.export'
        | 'subject.erase'
        | 'keys.rotate';
      /**
       * JSON object
       */
      parameters?: string;
      /**
       * JSON object: field → name of its column
       */
      mapping?: string;
      partial?: 'true' | 'false';
      start?: 'true' | 'false';
    };
    answer: OperationUpload;
  };
  'POST /v1/admin/operations/{id}/approve': {
    path: {
      id: string;
    };
    query: {};
    body: {
      planHash: string;
    };
    answer: Operation;
  };
  'POST /v1/admin/operations/{id}/start': {
    path: {
      id: string;
    };
    query: {};
    body: {
      breakGlass?: boolean;
    };
    answer: Operation;
  };
  'POST /v1/admin/operations/{id}/reject': {
    path: {
      id: string;
    };
    query: {};
    answer: Operation;
  };
  'POST /v1/admin/operations/{id}/pause': {
    path: {
      id: string;
    };
    query: {};
    answer: Operation;
  };
  'POST /v1/admin/operations/{id}/resume': {
    path: {
      id: string;
    };
    query: {};
    answer: Operation;
  };
  'POST /v1/admin/operations/{id}/cancel': {
    path: {
      id: string;
    };
    query: {};
    answer: Operation;
  };
  'POST /v1/admin/operations/{id}/undo': {
    path: {
      id: string;
    };
    query: {};
    answer: Operation;
  };
  'POST /v1/admin/operations/{id}/retry-failed': {
    path: {
      id: string;
    };
    query: {};
    answer: Operation;
  };
  'POST /v1/admin/operations/{id}/review': {
    path: {
      id: string;
    };
    query: {};
    answer: Operation;
  };
  'GET /v1/admin/operation-schedules': {
    path: {};
    query: {
      limit?: number;
      cursor?: string;
      /**
       * Anybody’s, not only your own; needs admins.manage everywhere instead of operations.execute
       */
      owner?: 'all';
    };
    answer: OperationSchedulePage;
  };
  'POST /v1/admin/operation-schedules': {
    path: {};
    query: {};
    body: {
      name: string;
      type:
        | 'sessions.revoke'
        | 'admins.lock'
        | 'admins.unlock'
        | 'security.lockdown'
        | 'security.release'
        | 'services.maintenance'
        | 'services.config.apply'
        | 'features.toggle'
        | 'testers.purge-expired'
        | 'exports.purge'
        | 'audit.hold.apply'
        | 'audit.hold.release'
        | 'retention.enforce'
        | 'dead-letters.replay'
        | 'cache.purge'
        | 'subject.export'
        | 'subject.erase'
        | 'keys.rotate';
      target: {
        [k: string]: unknown;
      };
      parameters?: {
        [k: string]: unknown;
      };
      reason: string;
      at?: string | null;
      cron?: string | null;
      timeZone?: string | null;
      enabled?: boolean;
    };
    answer: OperationSchedule;
  };
  'GET /v1/admin/operation-schedules/{id}': {
    path: {
      id: string;
    };
    query: {
      /**
       * Anybody’s, not only your own; needs admins.manage everywhere instead of operations.execute
       */
      owner?: 'all';
    };
    answer: OperationSchedule;
  };
  'PATCH /v1/admin/operation-schedules/{id}': {
    path: {
      id: string;
    };
    query: {
      /**
       * Anybody’s, not only your own; needs admins.manage everywhere instead of operations.execute
       */
      owner?: 'all';
    };
    body: {
      name?: string;
      type?:
        | 'sessions.revoke'
        | 'admins.lock'
        | 'admins.unlock'
        | 'security.lockdown'
        | 'security.release'
        | 'services.maintenance'
        | 'services.config.apply'
        | 'features.toggle'
        | 'testers.purge-expired'
        | 'exports.purge'
        | 'audit.hold.apply'
        | 'audit.hold.release'
        | 'retention.enforce'
        | 'dead-letters.replay'
        | 'cache.purge'
        | 'subject.export'
        | 'subject.erase'
        | 'keys.rotate';
      target?: {
        [k: string]: unknown;
      };
      parameters?: {
        [k: string]: unknown;
      };
      reason?: string;
      at?: string | null;
      cron?: string | null;
      timeZone?: string | null;
      enabled?: boolean;
    };
    answer: OperationSchedule;
  };
  'DELETE /v1/admin/operation-schedules/{id}': {
    path: {
      id: string;
    };
    query: {
      /**
       * Anybody’s, not only your own; needs admins.manage everywhere instead of operations.execute
       */
      owner?: 'all';
    };
    answer: null;
  };
  'POST /v1/admin/operation-schedules/{id}/run': {
    path: {
      id: string;
    };
    query: {};
    answer: OperationScheduleRun;
  };
  'GET /v1/admin/operations/{id}/events': {
    path: {
      id: string;
    };
    query: {};
    answer: null;
  };
  'GET /v1/admin/notification-channels': {
    path: {};
    query: {
      limit?: number;
      cursor?: string;
    };
    answer: NotificationChannelPage;
  };
  'POST /v1/admin/notification-channels': {
    path: {};
    query: {};
    body:
      | {
          type: 'webhook';
          url: string;
          name: string;
          /**
           * @minItems 1
           */
          events: (
            | 'export.ready'
            | 'export.failed'
            | 'export.expiring'
            | 'export.expired'
            | 'operation.awaiting_approval'
            | 'operation.finished'
            | 'operation.failed'
            | 'operation.lockdown'
            | 'operation.release'
            | 'operation.break_glass'
            | 'incident.opened'
            | 'incident.closed'
            | 'dead_letter.kept'
            | 'notification.channel_disabled'
          )[];
          enabled?: boolean;
        }
      | {
          type: 'slack';
          url: string;
          name: string;
          /**
           * @minItems 1
           */
          events: (
            | 'export.ready'
            | 'export.failed'
            | 'export.expiring'
            | 'export.expired'
            | 'operation.awaiting_approval'
            | 'operation.finished'
            | 'operation.failed'
            | 'operation.lockdown'
            | 'operation.release'
            | 'operation.break_glass'
            | 'incident.opened'
            | 'incident.closed'
            | 'dead_letter.kept'
            | 'notification.channel_disabled'
          )[];
          enabled?: boolean;
        }
      | {
          type: 'email';
          /**
           * @minItems 1
           * @maxItems 20
           */
          recipients: string[];
          name: string;
          /**
           * @minItems 1
           */
          events: (
            | 'export.ready'
            | 'export.failed'
            | 'export.expiring'
            | 'export.expired'
            | 'operation.awaiting_approval'
            | 'operation.finished'
            | 'operation.failed'
            | 'operation.lockdown'
            | 'operation.release'
            | 'operation.break_glass'
            | 'incident.opened'
            | 'incident.closed'
            | 'dead_letter.kept'
            | 'notification.channel_disabled'
          )[];
          enabled?: boolean;
        };
    answer: NotificationChannelWithSecret;
  };
  'GET /v1/admin/notification-channels/{id}': {
    path: {
      id: string;
    };
    query: {};
    answer: NotificationChannel;
  };
  'PATCH /v1/admin/notification-channels/{id}': {
    path: {
      id: string;
    };
    query: {};
    body: {
      name?: string;
      url?: string;
      /**
       * @minItems 1
       * @maxItems 20
       */
      recipients?: string[];
      /**
       * @minItems 1
       */
      events?: (
        | 'export.ready'
        | 'export.failed'
        | 'export.expiring'
        | 'export.expired'
        | 'operation.awaiting_approval'
        | 'operation.finished'
        | 'operation.failed'
        | 'operation.lockdown'
        | 'operation.release'
        | 'operation.break_glass'
        | 'incident.opened'
        | 'incident.closed'
        | 'dead_letter.kept'
        | 'notification.channel_disabled'
      )[];
      enabled?: boolean;
    };
    answer: NotificationChannel;
  };
  'DELETE /v1/admin/notification-channels/{id}': {
    path: {
      id: string;
    };
    query: {};
    answer: null;
  };
  'POST /v1/admin/notification-channels/{id}/rotate-secret': {
    path: {
      id: string;
    };
    query: {};
    body: {
      overlapSeconds?: number;
    };
    answer: NotificationChannelWithSecret;
  };
  'POST /v1/admin/notification-channels/{id}/test': {
    path: {
      id: string;
    };
    query: {};
    answer: NotificationDelivery;
  };
  'GET /v1/admin/notification-channels/{id}/deliveries': {
    path: {
      id: string;
    };
    query: {
      limit?: number;
      cursor?: string;
      status?: 'pending' | 'delivered' | 'gave_up' | 'dropped';
      type?:
        | 'export.ready'
        | 'export.failed'
        | 'export.expiring'
        | 'export.expired'
        | 'operation.awaiting_approval'
        | 'operation.finished'
        | 'operation.failed'
        | 'operation.lockdown'
        | 'operation.release'
        | 'operation.break_glass'
        | 'incident.opened'
        | 'incident.closed'
        | 'dead_letter.kept'
        | 'notification.channel_disabled'
        | 'notification.test';
    };
    answer: NotificationDeliveryPage;
  };
  'GET /v1/admin/notification-deliveries': {
    path: {};
    query: {
      limit?: number;
      cursor?: string;
      status?: 'pending' | 'delivered' | 'gave_up' | 'dropped';
      type?:
        | 'export.ready'
        | 'export.failed'
        | 'export.expiring'
        | 'export.expired'
        | 'operation.awaiting_approval'
        | 'operation.finished'
        | 'operation.failed'
        | 'operation.lockdown'
        | 'operation.release'
        | 'operation.break_glass'
        | 'incident.opened'
        | 'incident.closed'
        | 'dead_letter.kept'
        | 'notification.channel_disabled'
        | 'notification.test';
    };
    answer: NotificationDeliveryPage;
  };
  'GET /v1/admin/notification-deliveries/{id}': {
    path: {
      id: string;
    };
    query: {};
    answer: NotificationDelivery;
  };
  'POST /v1/admin/notification-deliveries/{id}/replay': {
    path: {
      id: string;
    };
    query: {};
    answer: NotificationDelivery;
  };
  'POST /v1/gate/check': {
    path: {};
    query: {};
    body: {
      serviceId: string;
      token?: string;
      origin?: string;
      host?: string;
      ip: string;
      userId?: string;
      adminId?: string;
      method: string;
      path: string;
    };
    answer: GateDecision;
  };
  'GET /v1/system/health': {
    path: {};
    query: {};
    answer: SystemHealth;
  };
  'GET /v1/observability/metrics': {
    path: {};
    query: {};
    answer: null;
  };
  'GET /v1/observability/metrics/query': {
    path: {};
    query: {
      metric:
        | 'steward_http_requests_total'
        | 'steward_http_request_duration_seconds'
        | 'steward_auth_failures_total'
        | 'steward_rate_limit_refusals_total'
        | 'steward_problems_total'
        | 'steward_gate_decisions_total'
        | 'steward_gate_without_postgres_total'
        | 'steward_gate_config_load_failures_total'
        | 'steward_queue_deliveries_total'
        | 'steward_queue_dead_letters_total'
        | 'steward_queue_messages'
        | 'steward_queue_oldest_age_seconds'
        | 'steward_dead_letters'
        | 'steward_outbox_records'
        | 'steward_outbox_oldest_age_seconds'
        | 'steward_outbox_sent_total'
        | 'steward_api_logs_lost_total'
        | 'steward_exports'
        | 'steward_export_oldest_waiting_age_seconds'
        | 'steward_export_runs_total'
        | 'steward_exports_ended_total'
        | 'steward_export_rows_total'
        | 'steward_export_bytes_total'
        | 'steward_operations'
        | 'steward_operation_runs_total'
        | 'steward_operations_ended_total'
        | 'steward_notification_deliveries_total'
        | 'steward_notification_channels_disabled_total'
        | 'steward_notifications_pending'
        | 'steward_notification_oldest_age_seconds'
        | 'steward_database_calls_total'
        | 'steward_database_call_duration_seconds'
        | 'steward_jwks_refreshes_total'
        | 'steward_sweeps_total'
        | 'steward_clock_skew_seconds'
        | 'steward_component_status'
        | 'steward_incidents_open'
        | 'steward_metric_batches_waiting'
        | 'steward_metric_batches_dropped_total'
        | 'steward_metric_packs_lost_total'
        | 'steward_scrape_source_up';
      stat?: 'rate' | 'sum' | 'avg' | 'max' | 'p50' | 'p95' | 'p99';
      from?: string;
      to?: string;
      step?: number;
      by?: string;
      where?: string;
    };
    answer: MetricSeries;
  };
  'GET /v1/observability/status': {
    path: {};
    query: {};
    answer: SystemStatus;
  };
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "Me".
 */
export interface Me {
  id: string;
  subject: string;
  email: string;
  name: string;
  sessionId: string;
  sessionExpiresAt: string;
  /**
   * Held everywhere
   */
  permissions: string[];
  grants: {
    serviceId: string | null;
    role: string;
    permissions: string[];
  }[];
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "SessionPage".
 */
export interface SessionPage {
  items: Session[];
  nextCursor: string | null;
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "Session".
 */
export interface Session {
  id: string;
  adminId: string;
  email: string;
  kind: 'token' | 'browser';
  /**
   * Anonymised: IPv4 /24, IPv6 /48
   */
  ipAddress: string;
  userAgent: string;
  createdAt: string;
  revokedAt: string | null;
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "SignedOutEverywhere".
 */
export interface SignedOutEverywhere {
  /**
   * Sessions that were alive, this one among them
   */
  ended: number;
  /**
   * Tokens issued before are refused, also those nobody has shown yet
   */
  since: string;
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "AdminPage".
 */
export interface AdminPage {
  items: Admin[];
  nextCursor: string | null;
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "Admin".
 */
export interface Admin {
  id: string;
  subject: string;
  email: string;
  name: string;
  status: 'active' | 'locked' | 'removed';
  sessionsNotBefore: string | null;
  createdAt: string;
  updatedAt: string;
  version: number;
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "RolePage".
 */
export interface RolePage {
  items: Role[];
  nextCursor: string | null;
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "Role".
 */
export interface Role {
  id: string;
  name: string;
  description: string | null;
  permissions: string[];
  rank: number;
  builtIn: boolean;
  createdAt: string;
  updatedAt: string;
  version: number;
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "GrantPage".
 */
export interface GrantPage {
  items: Grant[];
  nextCursor: string | null;
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "Grant".
 */
export interface Grant {
  id: string;
  adminId: string;
  roleId: string;
  /**
   * null = everywhere
   */
  serviceId: string | null;
  createdBy: string | null;
  createdAt: string;
  version: number;
  role: string;
  email: string;
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "ServicePage".
 */
export interface ServicePage {
  items: Service[];
  nextCursor: string | null;
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "Service".
 */
export interface Service {
  id: string;
  slug: string;
  name: string;
  description: string | null;
  createdAt: string;
  updatedAt: string;
  archivedAt: string | null;
  version: number;
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "ServiceConfig".
 */
export interface ServiceConfig {
  id: string;
  serviceId: string;
  jwtValidation: boolean;
  domainValidation: boolean;
  ipWhitelistEnabled: boolean;
  /**
   * @maxItems 1000
   */
  ipWhitelist: string[];
  rateLimitEnabled: boolean;
  rateLimitRequests: number;
  rateLimitWindow: number;
  maintenanceMode: boolean;
  maintenanceMessage: string | null;
  auditLevel: 'MINIMAL' | 'STANDARD' | 'DETAILED';
  version: number;
  updatedAt: string;
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "ServiceCountryPage".
 */
export interface ServiceCountryPage {
  items: ServiceCountry[];
  nextCursor: string | null;
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "ServiceCountry".
 */
export interface ServiceCountry {
  id: string;
  serviceId: string;
  /**
   * ISO 3166-1 alpha-2
   */
  code: string;
  /**
   * In English
   */
  name: string;
  isAvailable: boolean;
  note: string | null;
  createdBy: string;
  createdAt: string;
  updatedAt: string;
  version: number;
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "ServiceLocalePage".
 */
export interface ServiceLocalePage {
  items: ServiceLocale[];
  nextCursor: string | null;
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "ServiceLocale".
 */
export interface ServiceLocale {
  id: string;
  serviceId: string;
  /**
   * BCP 47, canonical
   */
  tag: string;
  isDefault: boolean;
  /**
   * The smallest is the first to fall back to
   */
  fallbackOrder: number;
  createdBy: string;
  createdAt: string;
  updatedAt: string;
  version: number;
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "ServiceConsentPage".
 */
export interface ServiceConsentPage {
  items: ServiceConsentSummary[];
  nextCursor: string | null;
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "ServiceConsentSummary".
 */
export interface ServiceConsentSummary {
  id: string;
  serviceId: string;
  code: string;
  /**
   * Which version of the consent this is: counts up for each code
   */
  revision: number;
  required: boolean;
  effectiveFrom: string | null;
  status: 'draft' | 'published';
  publishedAt: string | null;
  createdBy: string;
  createdAt: string;
  updatedAt: string;
  /**
   * Of this row, for If-Match; the version of the consent is `revision`
   */
  version: number;
  /**
   * Of which there is a text
   */
  locales: string[];
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "ServiceConsent".
 */
export interface ServiceConsent {
  id: string;
  serviceId: string;
  code: string;
  /**
   * Which version of the consent this is: counts up for each code
   */
  revision: number;
  texts: {
    [k: string]: string;
  };
  required: boolean;
  effectiveFrom: string | null;
  status: 'draft' | 'published';
  publishedAt: string | null;
  createdBy: string;
  createdAt: string;
  updatedAt: string;
  /**
   * Of this row, for If-Match; the version of the consent is `revision`
   */
  version: number;
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "ServiceDocumentPage".
 */
export interface ServiceDocumentPage {
  items: ServiceDocument[];
  nextCursor: string | null;
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "ServiceDocument".
 */
export interface ServiceDocument {
  id: string;
  serviceId: string;
  code: string;
  /**
   * BCP 47, canonical
   */
  locale: string;
  /**
   * Which version of the document this is: counts up for each code and locale
   */
  revision: number;
  title: string;
  contentType: 'application/pdf' | 'text/markdown';
  bytes: number;
  /**
   * Of the file, hexadecimal
   */
  sha256: string;
  status: 'draft' | 'published';
  publishedAt: string | null;
  createdBy: string;
  createdAt: string;
  updatedAt: string;
  /**
   * Of this row, for If-Match; the version of the document is `revision`
   */
  version: number;
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "ServiceDomainPage".
 */
export interface ServiceDomainPage {
  items: ServiceDomain[];
  nextCursor: string | null;
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "ServiceDomain".
 */
export interface ServiceDomain {
  id: string;
  serviceId: string;
  domain: string;
  createdBy: string;
  createdAt: string;
  version: number;
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "ServiceFeatureTree".
 */
export interface ServiceFeatureTree {
  items: ServiceFeatureInTree[];
  nextCursor: string | null;
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "ServiceFeature".
 */
export interface ServiceFeature {
  id: string;
  serviceId: string;
  parentId: string | null;
  name: string;
  code: string;
  description: string | null;
  category: string | null;
  isActive: boolean;
  isDefault: boolean;
  displayOrder: number;
  createdBy: string;
  createdAt: string;
  updatedAt: string;
  version: number;
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "ServiceTesterUserPage".
 */
export interface ServiceTesterUserPage {
  items: ServiceTesterUser[];
  nextCursor: string | null;
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "ServiceTesterUser".
 */
export interface ServiceTesterUser {
  id: string;
  serviceId: string;
  userId: string;
  bypassDomain: boolean;
  bypassIP: boolean;
  bypassRateLimit: boolean;
  expiresAt: string | null;
  /**
   * Counts no more; of the moment of the answer
   */
  expired: boolean;
  note: string | null;
  createdBy: string;
  createdAt: string;
  version: number;
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "ServiceTesterAdminPage".
 */
export interface ServiceTesterAdminPage {
  items: ServiceTesterAdmin[];
  nextCursor: string | null;
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "ServiceTesterAdmin".
 */
export interface ServiceTesterAdmin {
  id: string;
  serviceId: string;
  adminId: string;
  email: string;
  expiresAt: string | null;
  /**
   * Counts no more; of the moment of the answer
   */
  expired: boolean;
  note: string | null;
  createdBy: string;
  createdAt: string;
  version: number;
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "ServiceAnalytics".
 */
export interface ServiceAnalytics {
  serviceId: string;
  range: {
    from: string;
    to: string;
  };
  interval: 'hour' | 'day';
  requestsCollected: boolean;
  series: {
    requests: number | null;
    /**
     * Answered with 400 to 499
     */
    clientErrors: number | null;
    /**
     * Answered with 500 and above
     */
    serverErrors: number | null;
    /**
     * Each within 1 % of the true quantile; null without requests
     */
    latencyMs: {
      p50: number;
      p95: number;
      p99: number;
    } | null;
    /**
     * How many different admins made these requests
     */
    activeAdmins: number | null;
    start: string;
  }[];
  totals: {
    requests: number | null;
    /**
     * Answered with 400 to 499
     */
    clientErrors: number | null;
    /**
     * Answered with 500 and above
     */
    serverErrors: number | null;
    /**
     * Each within 1 % of the true quantile; null without requests
     */
    latencyMs: {
      p50: number;
      p95: number;
      p99: number;
    } | null;
    /**
     * How many different admins made these requests
     */
    activeAdmins: number | null;
  };
  topActions: {
    action: string;
    outcomes: {
      success: number;
      denied: number;
      failure: number;
    };
  }[];
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "AuditLogPage".
 */
export interface AuditLogPage {
  items: AuditLogSummary[];
  nextCursor: string | null;
  range: {
    from: string;
    to: string;
  };
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "AuditLogSummary".
 */
export interface AuditLogSummary {
  id: string;
  timestamp: string;
  actorId: string;
  actorEmail: string;
  actorRole: string;
  action: string;
  resource: string;
  resourceId: string;
  serviceId: string | null;
  outcome: string;
  reason: string;
  ipAddress: string;
  requestId: string;
  traceId: string;
  sessionId: string;
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "AuditLogHistogram".
 */
export interface AuditLogHistogram {
  range: {
    from: string;
    to: string;
  };
  bucketSeconds: number;
  total: number;
  buckets: {
    start: string;
    count: number;
    outcomes: {
      success: number;
      denied: number;
      failure: number;
    };
  }[];
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "AuditLogChange".
 */
export interface AuditLogChange {
  /**
   * JSON Pointer (RFC 6901)
   */
  path: string;
  kind: 'added' | 'removed' | 'changed';
  before?: unknown;
  after?: unknown;
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "UiEventPage".
 */
export interface UiEventPage {
  items: UiEvent[];
  nextCursor: string | null;
  range: {
    from: string;
    to: string;
  };
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "UiEvent".
 */
export interface UiEvent {
  id: string;
  timestamp: string;
  sessionId: string;
  actorId: string;
  actorEmail: string;
  actorRole: string;
  eventType: string;
  componentName: string;
  pagePath: string;
  properties: {
    [k: string]: unknown;
  };
  userAgent: string;
  /**
   * Anonymised: IPv4 /24, IPv6 /48
   */
  ipAddress: string;
  serviceId: string | null;
  traceId: string;
  spanId: string;
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "ApiLogPage".
 */
export interface ApiLogPage {
  items: ApiLogSummary[];
  nextCursor: string | null;
  range: {
    from: string;
    to: string;
  };
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "ApiLogSummary".
 */
export interface ApiLogSummary {
  id: string;
  timestamp: string;
  /**
   * The route’s template, such as /v1/admin/services/:id/config
   */
  endpoint: string;
  method: string;
  status: number;
  durationMs: number;
  /**
   * `code` of the problem that was answered
   */
  errorCode: string | null;
  actorId: string;
  actorEmail: string;
  actorRole: string;
  serviceId: string | null;
  sessionId: string;
  requestId: string;
  traceId: string;
  spanId: string;
  /**
   * Anonymised: IPv4 /24, IPv6 /48
   */
  ipAddress: string;
  userAgent: string;
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "AuditSessionPage".
 */
export interface AuditSessionPage {
  items: AuditSession[];
  nextCursor: string | null;
  range: {
    from: string;
    to: string;
  };
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "AuditSession".
 */
export interface AuditSession {
  id: string;
  actorId: string;
  actorEmail: string;
  actorRole: string;
  /**
   * null where it is not known
   */
  kind: 'browser' | 'token' | null;
  startedAt: string;
  lastSeenAt: string;
  /**
   * Of a browser’s session. This, endedAt and end are null to who may read the records of some services only
   */
  signedInAt: string | null;
  endedAt: string | null;
  end: 'signed-out' | 'revoked' | null;
  /**
   * Anonymised: IPv4 /24, IPv6 /48
   */
  ipAddress: string;
  userAgent: string;
  counts: {
    uiEvents: number;
    apiCalls: number;
    /**
     * Calls that were answered 400 or above
     */
    apiErrors: number;
    auditRecords: number;
    changes: number;
    denials: number;
  };
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "SessionTimeline".
 */
export interface SessionTimeline {
  items: TimelineItem[];
  nextCursor: string | null;
  session: AuditSession;
  range: {
    from: string;
    to: string;
  };
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "DeadLetterPage".
 */
export interface DeadLetterPage {
  items: DeadLetter[];
  nextCursor: string | null;
  total: number;
  totalCapped: boolean;
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "DeadLetter".
 */
export interface DeadLetter {
  id: string;
  queue: string;
  /**
   * Why no delivery helped
   */
  reason: string;
  /**
   * Deliveries before it counted as dead
   */
  attempts: number;
  /**
   * Of its body
   */
  bytes: number;
  diedAt: string;
  /**
   * The last time somebody put it back
   */
  replayedAt: string | null;
  replays: number;
  /**
   * The letter it was before it was replayed and died again
   */
  replayOf: string | null;
  /**
   * The letter it became when its replay died
   */
  diedAgainAs: string | null;
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "LegalHoldPage".
 */
export interface LegalHoldPage {
  items: LegalHold[];
  nextCursor: string | null;
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "LegalHold".
 */
export interface LegalHold {
  id: string;
  reason: string;
  resource: string | null;
  resourceId: string | null;
  actorId: string | null;
  /**
   * Nil UUID: records about no service
   */
  serviceId: string | null;
  from: string | null;
  to: string | null;
  /**
   * applying and releasing: on its way; retried until the audit store has done it
   */
  status: 'applying' | 'active' | 'releasing' | 'released';
  /**
   * Records that matched when they were last counted
   */
  matchedRows: number | null;
  countedAt: string | null;
  createdBy: string;
  createdAt: string;
  releasedBy: string | null;
  releasedAt: string | null;
  releaseReason: string | null;
  updatedAt: string;
  version: number;
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "ExportEstimate".
 */
export interface ExportEstimate {
  rows: number;
  bytes: number;
  seconds: number;
  /**
   * Whether seconds go by exports like this one
   */
  basis: 'measured' | 'assumed';
  maxRows: number | null;
  fits: boolean;
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "ExportPage".
 */
export interface ExportPage {
  items: Export[];
  nextCursor: string | null;
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "Export".
 */
export interface Export {
  id: string;
  requestedBy: string;
  exportType: string;
  name: string | null;
  parameters?: unknown;
  fileFormat: 'csv' | 'json' | 'ndjson' | 'pdf' | 'xlsx';
  compression: 'none' | 'gzip';
  status: 'queued' | 'processing' | 'ready' | 'expired' | 'failed';
  /**
   * What the status leaves open: waiting until everything accepted by the cutoff has arrived, paused, cancelled …
   */
  phase: 'waiting' | 'running' | 'paused' | 'ready' | 'expired' | 'failed' | 'cancelled';
  createdAt: string;
  startedAt: string | null;
  finishedAt: string | null;
  /**
   * When the file is removed
   */
  expiresAt: string | null;
  /**
   * The file holds what was accepted up to here
   */
  cutoff: string;
  rowsExpected: number | null;
  rowsDone: number;
  bytesDone: number;
  /**
   * Milliseconds at work, without waiting and pauses
   */
  activeMs: number;
  progress: {
    percent: number | null;
    rowsPerSecond: number | null;
    etaSeconds: number | null;
  };
  /**
   * Of the whole file, hexadecimal
   */
  sha256: string | null;
  /**
   * Why the last run broke off; it is tried again
   */
  lastError: string | null;
  failureReason: string | null;
  scheduleId: string | null;
  downloadUrl: string | null;
  /**
   * A zip of the file, its manifest, SHA256SUMS and how to verify it
   */
  bundleUrl: string | null;
  downloadUrlExpiresAt: string | null;
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "ExportLink".
 */
export interface ExportLink {
  url: string;
  kind: 'expiring' | 'one-time';
  bundle: boolean;
  expiresAt: string;
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "ExportSchedulePage".
 */
export interface ExportSchedulePage {
  items: ExportSchedule[];
  nextCursor: string | null;
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "ExportSchedule".
 */
export interface ExportSchedule {
  id: string;
  ownerId: string;
  ownerEmail: string;
  name: string;
  exportType: string;
  parameters: {
    [k: string]: unknown;
  };
  fileFormat: string;
  compression: string;
  period: 'all' | 'previous_day' | 'previous_week' | 'previous_month' | 'since_last_run';
  cron: string;
  timeZone: string;
  enabled: boolean;
  /**
   * It runs within two minutes after
   */
  nextRunAt: string | null;
  /**
   * The next three; none when it is off
   */
  nextRuns: string[];
  lastRunAt: string | null;
  lastExportId: string | null;
  /**
   * Why it was switched off
   */
  lastError: string | null;
  createdAt: string;
  updatedAt: string;
  version: number;
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "ExportScheduleRun".
 */
export interface ExportScheduleRun {
  scheduleId: string;
  exportId: string;
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "OperationTypes".
 */
export interface OperationTypes {
  items: OperationType[];
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "OperationType".
 */
export interface OperationType {
  type: string;
  summary: string;
  risk: 'routine' | 'destructive' | 'irreversible';
  /**
   * Needed besides operations.execute
   */
  permission: string;
  /**
   * Only grants that hold everywhere count
   */
  everywhere: boolean;
  /**
   * JSON Schema
   */
  target: {
    [k: string]: unknown;
  };
  /**
   * JSON Schema
   */
  parameters: {
    [k: string]: unknown;
  };
  /**
   * Of a file it takes; null: it takes none
   */
  csvColumns: string[] | null;
  undo: {
    [k: string]: true | string;
  };
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "OperationPlan".
 */
export interface OperationPlan {
  /**
   * SHA-256, hexadecimal, of lines: type, target and parameters as JSON, and for each target its kind, id, version and arguments, separated by tabs
   */
  hash: string | null;
  itemsTotal: number;
  /**
   * Targets of each kind
   */
  kinds: {
    [k: string]: number;
  };
  /**
   * The first targets
   */
  sample: {
    kind: string;
    id: string;
    label: string;
    flag: string | null;
  }[];
  warnings: string[];
  /**
   * By kind: true, an undo puts it back; otherwise why it cannot
   */
  undo: {
    [k: string]: true | string;
  };
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "OperationPage".
 */
export interface OperationPage {
  items: Operation[];
  nextCursor: string | null;
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "Operation".
 */
export interface Operation {
  id: string;
  type: string;
  risk: 'routine' | 'destructive' | 'irreversible';
  actorAdminId: string;
  targetType: string;
  targetId: string | null;
  parameters: {
    [k: string]: unknown;
  };
  reason: string;
  status: 'pending' | 'running' | 'completed' | 'failed';
  /**
   * What the status leaves open
   */
  phase:
    | 'planned'
    | 'awaiting_approval'
    | 'approved'
    | 'queued'
    | 'running'
    | 'paused'
    | 'cancelling'
    | 'completed'
    | 'incomplete'
    | 'failed'
    | 'cancelled'
    | 'rejected'
    | 'expired'
    | 'undoing'
    | 'undone';
  createdAt: string;
  startedAt: string | null;
  finishedAt: string | null;
  plan: OperationPlan;
  approval: {
    needed: number;
    /**
     * One of these is needed besides operations.approve; empty: any
     */
    roles: string[];
    expiresAt: string | null;
    decisions: {
      adminId: string;
      email: string;
      decision: 'approve' | 'reject';
      reason: string;
      createdAt: string;
    }[];
  };
  startedBy: string | null;
  /**
   * Started without approval; reviewedAt null: no other owner has looked at it yet
   */
  breakGlass: {
    reviewedBy: string | null;
    reviewedAt: string | null;
  } | null;
  itemsDone: number;
  itemsFailed: number;
  itemsSkipped: number;
  itemsUndone: number;
  /**
   * Milliseconds at work, without waiting and pauses
   */
  activeMs: number;
  progress: {
    percent: number;
    itemsPerSecond: number | null;
    etaSeconds: number | null;
  };
  /**
   * Who has what it needs now: itself, or the operation it waits for
   */
  heldBy: {
    lock: string;
    operationId: string;
    type: string;
    email: string;
    since: string;
  }[];
  /**
   * Why the last run broke off; it is tried again
   */
  lastError: string | null;
  failureReason: string | null;
  scheduleId: string | null;
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "OperationItemPage".
 */
export interface OperationItemPage {
  items: OperationItem[];
  nextCursor: string | null;
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "OperationItem".
 */
export interface OperationItem {
  seq: number;
  kind: string;
  targetId: string;
  label: string;
  outcome: 'pending' | 'succeeded' | 'skipped' | 'failed';
  error: string | null;
  /**
   * null too without the permission on what it is about
   */
  before?: {
    [k: string]: unknown;
  };
  after?: unknown;
  doneAt: string | null;
  undoOutcome: 'undone' | 'left' | 'failed' | null;
  undoError: string | null;
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "OperationUpload".
 */
export interface OperationUpload {
  operation: Operation;
  file: {
    rows: number;
    accepted: number;
    ignoredColumns: string[];
    /**
     * Of rows that were left out: the first thousand
     */
    errors: {
      line: number;
      column: string | null;
      reason: string;
    }[];
    errorCount: number;
  };
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "OperationSchedulePage".
 */
export interface OperationSchedulePage {
  items: OperationSchedule[];
  nextCursor: string | null;
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "OperationSchedule".
 */
export interface OperationSchedule {
  id: string;
  ownerId: string;
  ownerEmail: string;
  name: string;
  type: string;
  target: {
    [k: string]: unknown;
  };
  parameters: {
    [k: string]: unknown;
  };
  /**
   * Of each operation
   */
  reason: string;
  /**
   * Once, at this instant; null where cron says when
   */
  at: string | null;
  cron: string | null;
  timeZone: string | null;
  enabled: boolean;
  /**
   * It runs within a minute after
   */
  nextRunAt: string | null;
  /**
   * The next ones, at most three; none when it is off
   */
  nextRuns: string[];
  lastRunAt: string | null;
  /**
   * The last one it made
   */
  lastOperationId: string | null;
  /**
   * Why its last time made none, or it was switched off
   */
  lastError: string | null;
  createdAt: string;
  updatedAt: string;
  version: number;
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "OperationScheduleRun".
 */
export interface OperationScheduleRun {
  scheduleId: string;
  operationId: string;
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "NotificationChannelPage".
 */
export interface NotificationChannelPage {
  items: NotificationChannel[];
  nextCursor: string | null;
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "NotificationChannel".
 */
export interface NotificationChannel {
  id: string;
  type: 'webhook' | 'slack' | 'email';
  name: string;
  settings: {
    /**
     * All that is shown of an address: its path may be a secret
     */
    origin?: string;
    recipients?: string[];
  };
  events: string[];
  enabled: boolean;
  enabledAt: string;
  /**
   * gone: it answered 410. failing: nothing was delivered for a day
   */
  disabledReason: 'by_admin' | 'gone' | 'failing' | 'no_recipients' | null;
  targetSetAt: string;
  rotatedAt: string | null;
  /**
   * Until then the secret of before signs beside the new one
   */
  rotationEndsAt: string | null;
  failingSince: string | null;
  lastError: string | null;
  lastDeliveredAt: string | null;
  createdAt: string;
  updatedAt: string;
  version: number;
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "NotificationDelivery".
 */
export interface NotificationDelivery {
  id: string;
  channelId: string | null;
  /**
   * Whom an e-mail goes to that is for owners
   */
  adminId: string | null;
  /**
   * webhook-id; the same for every try, channel and replay
   */
  notificationId: string;
  type: string;
  occurredAt: string;
  payload: {
    [k: string]: unknown;
  };
  /**
   * gave_up: nothing helped for a day. dropped: the channel wants nothing, or is off
   */
  status: 'pending' | 'delivered' | 'gave_up' | 'dropped';
  attempts: number;
  nextAttemptAt: string;
  lastError: string | null;
  answeredStatus: number | null;
  createdAt: string;
  endedAt: string | null;
  replayOf: string | null;
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "NotificationDeliveryPage".
 */
export interface NotificationDeliveryPage {
  items: NotificationDelivery[];
  nextCursor: string | null;
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "GateDecision".
 */
export interface GateDecision {
  allow: boolean;
  reason:
    | 'allowed'
    | 'service_unknown'
    | 'service_archived'
    | 'maintenance'
    | 'token_missing'
    | 'token_invalid'
    | 'domain_not_allowed'
    | 'ip_not_allowed'
    | 'rate_limited'
    | 'config_unavailable'
    | 'keys_unavailable'
    | 'rate_limit_unavailable';
  /**
   * HTTP status to answer the visitor with
   */
  status: number;
  /**
   * For people; empty when allowed
   */
  message: string;
  /**
   * To be added to the answer to the visitor
   */
  headers: {
    [k: string]: string;
  };
  /**
   * Codes of the features that are on, sorted
   */
  features: string[];
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "SystemHealth".
 */
export interface SystemHealth {
  status: 'ok' | 'degraded' | 'down';
  checkedAt: string;
  components: {
    name: 'postgres' | 'clickhouse' | 'cache' | 'files' | 'queues' | 'durable_objects' | 'issuer' | 'notifications';
    status: 'ok' | 'degraded' | 'down';
    /**
     * Of the last look; a look ends after 1,000
     */
    latencyMs: number;
    /**
     * Since when it has this status
     */
    since: string;
    lastError: {
      code:
        | 'timeout'
        | 'unreachable'
        | 'failed'
        | 'slow'
        | 'backlog'
        | 'stale_keys'
        | 'no_keys'
        | 'channel_failing'
        | 'channel_disabled';
      at: string;
    } | null;
  }[];
  channels:
    | {
        id: string;
        name: string;
        type: 'webhook' | 'email' | 'slack';
        /**
         * degraded: failing; down: switched off for that
         */
        status: 'ok' | 'degraded' | 'down';
        /**
         * Of the failures it has now
         */
        since: string | null;
        lastErrorCode: string | null;
        lastDeliveredAt: string | null;
      }[]
    | null;
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "MetricSeries".
 */
export interface MetricSeries {
  metric:
    | 'steward_http_requests_total'
    | 'steward_http_request_duration_seconds'
    | 'steward_auth_failures_total'
    | 'steward_rate_limit_refusals_total'
    | 'steward_problems_total'
    | 'steward_gate_decisions_total'
    | 'steward_gate_without_postgres_total'
    | 'steward_gate_config_load_failures_total'
    | 'steward_queue_deliveries_total'
    | 'steward_queue_dead_letters_total'
    | 'steward_queue_messages'
    | 'steward_queue_oldest_age_seconds'
    | 'steward_dead_letters'
    | 'steward_outbox_records'
    | 'steward_outbox_oldest_age_seconds'
    | 'steward_outbox_sent_total'
    | 'steward_api_logs_lost_total'
    | 'steward_exports'
    | 'steward_export_oldest_waiting_age_seconds'
    | 'steward_export_runs_total'
    | 'steward_exports_ended_total'
    | 'steward_export_rows_total'
    | 'steward_export_bytes_total'
    | 'steward_operations'
    | 'steward_operation_runs_total'
    | 'steward_operations_ended_total'
    | 'steward_notification_deliveries_total'
    | 'steward_notification_channels_disabled_total'
    | 'steward_notifications_pending'
    | 'steward_notification_oldest_age_seconds'
    | 'steward_database_calls_total'
    | 'steward_database_call_duration_seconds'
    | 'steward_jwks_refreshes_total'
    | 'steward_sweeps_total'
    | 'steward_clock_skew_seconds'
    | 'steward_component_status'
    | 'steward_incidents_open'
    | 'steward_metric_batches_waiting'
    | 'steward_metric_batches_dropped_total'
    | 'steward_metric_packs_lost_total'
    | 'steward_scrape_source_up';
  kind: 'counter' | 'gauge' | 'histogram';
  stat: string;
  range: {
    from: string;
    to: string;
  };
  stepSeconds: number;
  series: {
    labels: {
      [k: string]: string;
    };
    /**
     * One a step; null: nothing was measured
     */
    values: (number | null)[];
  }[];
  /**
   * More than 100: only the largest are here
   */
  seriesTotal: number;
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "SystemStatus".
 */
export interface SystemStatus {
  status: 'ok' | 'degraded' | 'down';
  /**
   * The clock’s last look; there is one a minute
   */
  checkedAt: string | null;
  /**
   * The clock has stood still for minutes: nobody knows how things are
   */
  isStale: boolean;
  components: {
    name: 'postgres' | 'clickhouse' | 'cache' | 'files' | 'queues' | 'durable_objects' | 'issuer' | 'notifications';
    status: 'ok' | 'degraded' | 'down';
    /**
     * Of the last look; a look ends after 1,000
     */
    latencyMs: number;
    /**
     * Since when it has this status
     */
    since: string;
    lastError: {
      code:
        | 'timeout'
        | 'unreachable'
        | 'failed'
        | 'slow'
        | 'backlog'
        | 'stale_keys'
        | 'no_keys'
        | 'channel_failing'
        | 'channel_disabled';
      at: string;
    } | null;
    /**
     * Of 90 days: the share of looks that found it answering
     */
    uptime: number | null;
    days: {
      day: string;
      uptime: number | null;
      ok: number;
      degraded: number;
      down: number;
    }[];
  }[];
  /**
   * All that are open, and the last 50 that were; newest first
   */
  incidents: {
    id: string;
    rule:
      | 'component_down'
      | 'component_degraded'
      | 'outbox_stalled'
      | 'export_stalled'
      | 'queue_stalled'
      | 'dead_letters'
      | 'clock_skew'
      | 'error_ratio';
    /**
     * A component or a queue; empty: everything
     */
    subject: string;
    title: string;
    severity: 'warning' | 'critical';
    says: string;
    openedAt: string;
    closedAt: string | null;
  }[];
}
/**
 * This interface was referenced by `Api`'s JSON-Schema
 * via the `definition` "Problem".
 */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  instance: string;
  code:
    | 'malformed_request'
    | 'unknown_parameter'
    | 'sign_in_failed'
    | 'unauthenticated'
    | 'session_ended'
    | 'forbidden'
    | 'admin_locked'
    | 'not_an_admin'
    | 'foreign_origin'
    | 'link_invalid'
    | 'not_found'
    | 'conflict'
    | 'would_lock_out'
    | 'own_plan'
    | 'not_approved'
    | 'plan_drifted'
    | 'other_plan'
    | 'last_owner'
    | 'gone'
    | 'stale_version'
    | 'body_too_large'
    | 'unsupported_media_type'
    | 'invalid_field'
    | 'idempotency_key_reused'
    | 'rate_limited'
    | 'internal'
    | 'dependency_unavailable';
  requestId: string;
  errors?: {
    field: string;
    reason: string;
  }[];
}
