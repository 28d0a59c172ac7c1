export { type Consent, consent, setConsent, useTrackingConsent } from './consent.ts';
export { startAuditEvents } from './events.ts';
export type { AuditEventSettings } from './settings.ts';
export { traceparent } from './trace.ts';
export { type AuditEvents, useAuditEvent } from './use-audit-event.ts';
export { usePageTracking } from './use-page-tracking.ts';
export { useUserTracking } from './use-user-tracking.ts';
