import { activitySummary } from './activity-summary.ts';
import { admins } from './admins.ts';
import { apiLogs } from './api-logs.ts';
import { auditLogs } from './audit-logs.ts';
import type { ExportType } from './declare.ts';
import { features } from './features.ts';
import { operations } from './operations.ts';
import { personalData } from './personal-data.ts';
import { securityEvents } from './security-events.ts';
import { services } from './services.ts';
import { sessions } from './sessions.ts';
import { testers } from './testers.ts';
import { uiEvents } from './ui-events.ts';

/** Everything that can be exported. */
export const EXPORT_TYPES = {
  admins,
  services,
  features,
  testers,
  audit_logs: auditLogs,
  security_events: securityEvents,
  api_logs: apiLogs,
  ui_events: uiEvents,
  sessions,
  operations,
  activity_summary: activitySummary,
  personal_data: personalData,
} as const satisfies Record<string, ExportType>;

export type ExportTypeName = keyof typeof EXPORT_TYPES;

export const EXPORT_TYPE_NAMES = Object.keys(EXPORT_TYPES) as [ExportTypeName];

/** Whether its rows can be narrowed to a time. */
export const hasTimeRange = (name: ExportTypeName) => 'from' in EXPORT_TYPES[name].filter.shape;
