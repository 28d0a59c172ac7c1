/** Every permission there is: the specification's five and ours. A role is a set of these. */
export const PERMISSIONS = [
  'operations.execute',
  'operations.approve',
  'exports.request',
  'exports.download',
  'observability.view',
  'system.health.view',
  'audit.view',
  'audit.hold.manage',
  'services.view',
  'services.manage',
  'services.config.update',
  'services.features.manage',
  'services.testers.manage',
  'services.content.manage',
  'analytics.view',
  'admins.view',
  'admins.manage',
  'notifications.manage',
  'gate.check',
  'telemetry.write',
] as const;

export type Permission = (typeof PERMISSIONS)[number];
