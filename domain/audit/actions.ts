import type { Permission } from '../access/permissions.ts';

interface ActionRule {
  /** All of them are needed, for the service the action is about. */
  permissions: readonly Permission[];
  /** What its audit records are about. */
  resource: string;
  /** Only grants that hold everywhere count. */
  everywhere?: true;
}

/** Stands for "everywhere" where a service's id could be. */
export const EVERYWHERE = '00000000-0000-0000-0000-000000000000';

const VERBS = ['list', 'read', 'create', 'update', 'delete'] as const;

/** The five actions of a resource: two that look, three that change. */
function crud<const Name extends string>(
  name: Name,
  resource: string,
  view: Permission,
  change: Permission,
  more: Pick<ActionRule, 'everywhere'> = {},
) {
  const rules: Partial<Record<string, ActionRule>> = {};
  for (const verb of VERBS)
    rules[`${name}.${verb}`] = { permissions: [verb === 'list' || verb === 'read' ? view : change], resource, ...more };
  return rules as Record<`${Name}.${(typeof VERBS)[number]}`, ActionRule>;
}

/** Every action there is: what it needs and what it is about. Routes, statements and audit records all read this list. */
export const ACTIONS = {
  ...crud('service', 'service', 'services.view', 'services.manage'),
  'service.create': { permissions: ['services.manage'], resource: 'service', everywhere: true },
  'service.restore': { permissions: ['services.manage'], resource: 'service' },
  'service.config.read': { permissions: ['services.view'], resource: 'service_config' },
  'service.config.update': { permissions: ['services.config.update'], resource: 'service_config' },
  ...crud('service.domain', 'service_domain', 'services.view', 'services.config.update'),
  ...crud('service.feature', 'service_feature', 'services.view', 'services.features.manage'),
  ...crud('service.tester-user', 'service_tester_user', 'services.view', 'services.testers.manage'),
  ...crud('service.tester-admin', 'service_tester_admin', 'services.view', 'services.testers.manage'),
  ...crud('service.country', 'service_country', 'services.view', 'services.content.manage'),
  ...crud('service.locale', 'service_locale', 'services.view', 'services.content.manage'),
  ...crud('service.consent', 'service_consent', 'services.view', 'services.content.manage'),
  'service.consent.publish': { permissions: ['services.content.manage'], resource: 'service_consent' },
  ...crud('service.document', 'service_document', 'services.view', 'services.content.manage'),
  'service.document.publish': { permissions: ['services.content.manage'], resource: 'service_document' },
  'service.document.download': { permissions: ['services.view'], resource: 'service_document' },
  ...crud('admin', 'admin', 'admins.view', 'admins.manage', { everywhere: true }),
  'admin.bootstrap': { permissions: [], resource: 'admin' },
  ...crud('role', 'role', 'admins.view', 'admins.manage', { everywhere: true }),
  ...crud('grant', 'grant', 'admins.view', 'admins.manage', { everywhere: true }),
  'session.list': { permissions: ['admins.view'], resource: 'session', everywhere: true },
  'session.revoke': { permissions: ['admins.manage'], resource: 'session', everywhere: true },
  'session.sign-in': { permissions: [], resource: 'session' },
  'session.sign-out': { permissions: [], resource: 'session' },
  'me.read': { permissions: [], resource: 'admin' },
  // Everybody's own: nobody needs anybody to get rid of a session they do not know.
  'me.session.list': { permissions: [], resource: 'session' },
  'me.session.revoke': { permissions: [], resource: 'session' },
  'me.sign-out-everywhere': { permissions: [], resource: 'admin' },
  'gate.purge': { permissions: [], resource: 'gate' },
  'gate.check': { permissions: ['gate.check'], resource: 'gate' },
  'audit.logs.read': { permissions: ['audit.view'], resource: 'audit_log' },
  'audit.ui-events.read': { permissions: ['audit.view'], resource: 'ui_event' },
  'audit.api-logs.read': { permissions: ['audit.view'], resource: 'api_log' },
  'audit.sessions.read': { permissions: ['audit.view'], resource: 'session' },
  'audit.hold.list': { permissions: ['audit.hold.manage'], resource: 'audit_hold', everywhere: true },
  'audit.hold.read': { permissions: ['audit.hold.manage'], resource: 'audit_hold', everywhere: true },
  'audit.hold.create': { permissions: ['audit.hold.manage'], resource: 'audit_hold', everywhere: true },
  'audit.hold.release': { permissions: ['audit.hold.manage'], resource: 'audit_hold', everywhere: true },
  'audit.hold.complete': { permissions: [], resource: 'audit_hold' },
  // A table past its retention; the operation has its own permissions.
  'retention.enforce': { permissions: [], resource: 'retention' },
  // A key of links or of cookies; the operation has its own permissions.
  'keys.rotate': { permissions: [], resource: 'signing_key' },
  'analytics.read': { permissions: ['analytics.view'], resource: 'analytics' },
  // A browser's session reports what its own admin does; a bearer token, such as a collector's, needs the permission.
  'telemetry.own': { permissions: [], resource: 'telemetry' },
  'telemetry.write': { permissions: ['telemetry.write'], resource: 'telemetry' },
  'system.health.read': { permissions: ['system.health.view'], resource: 'health', everywhere: true },
  'observability.metrics.read': { permissions: ['observability.view'], resource: 'metrics', everywhere: true },
  'observability.status.read': { permissions: ['observability.view'], resource: 'status', everywhere: true },
  'dead-letter.list': { permissions: ['observability.view'], resource: 'dead_letter', everywhere: true },
  'dead-letter.replay': { permissions: ['operations.execute'], resource: 'dead_letter', everywhere: true },
  // The permission on the data in an export comes on top.
  'export.request': { permissions: ['exports.request'], resource: 'export' },
  'export.estimate': { permissions: ['exports.request'], resource: 'export' },
  'export.list': { permissions: [], resource: 'export' },
  'export.read': { permissions: [], resource: 'export' },
  'export.pause': { permissions: ['exports.request'], resource: 'export' },
  'export.resume': { permissions: ['exports.request'], resource: 'export' },
  'export.cancel': { permissions: ['exports.request'], resource: 'export' },
  'export.retry': { permissions: ['exports.request'], resource: 'export' },
  'export.link': { permissions: ['exports.download'], resource: 'export' },
  'export.complete': { permissions: [], resource: 'export' },
  'export.fail': { permissions: [], resource: 'export' },
  'export.expire': { permissions: [], resource: 'export' },
  'export.purge': { permissions: [], resource: 'export' },
  'export.download': { permissions: ['exports.download'], resource: 'export' },
  'export.download.end': { permissions: [], resource: 'export' },
  ...crud('export.schedule', 'export_schedule', 'exports.request', 'exports.request'),
  'export.schedule.run': { permissions: ['exports.request'], resource: 'export_schedule' },
  'export.schedule.disable': { permissions: [], resource: 'export_schedule' },
  // Anybody's, for when the owner has left.
  'export.schedule.any.list': { permissions: ['admins.manage'], resource: 'export_schedule', everywhere: true },
  'export.schedule.any.read': { permissions: ['admins.manage'], resource: 'export_schedule', everywhere: true },
  'export.schedule.any.disable': { permissions: ['admins.manage'], resource: 'export_schedule', everywhere: true },
  'export.schedule.any.delete': { permissions: ['admins.manage'], resource: 'export_schedule', everywhere: true },
  ...crud('notification.channel', 'notification_channel', 'notifications.manage', 'notifications.manage', {
    everywhere: true,
  }),
  'notification.channel.test': {
    permissions: ['notifications.manage'],
    resource: 'notification_delivery',
    everywhere: true,
  },
  'notification.channel.rotate-secret': {
    permissions: ['notifications.manage'],
    resource: 'notification_channel',
    everywhere: true,
  },
  // By nobody: what it was told did not arrive for too long.
  'notification.channel.disable': { permissions: [], resource: 'notification_channel' },
  'notification.delivery.list': {
    permissions: ['notifications.manage'],
    resource: 'notification_delivery',
    everywhere: true,
  },
  'notification.delivery.read': {
    permissions: ['notifications.manage'],
    resource: 'notification_delivery',
    everywhere: true,
  },
  'notification.delivery.replay': {
    permissions: ['notifications.manage'],
    resource: 'notification_delivery',
    everywhere: true,
  },
  'subject.export': { permissions: [], resource: 'subject_file' },
  'subject.erase': { permissions: [], resource: 'subject_store' },
  'operation.plan': { permissions: ['operations.execute'], resource: 'operation' },
  // The permission of its type comes on top.
  'operation.request': { permissions: ['operations.execute'], resource: 'operation' },
  'operation.list': { permissions: [], resource: 'operation' },
  'operation.read': { permissions: [], resource: 'operation' },
  'operation.approve': { permissions: ['operations.approve'], resource: 'operation' },
  'operation.reject': { permissions: ['operations.approve'], resource: 'operation' },
  'operation.start': { permissions: ['operations.execute'], resource: 'operation' },
  'operation.break-glass': { permissions: ['operations.execute'], resource: 'operation' },
  'operation.pause': { permissions: ['operations.execute'], resource: 'operation' },
  'operation.resume': { permissions: ['operations.execute'], resource: 'operation' },
  'operation.cancel': { permissions: ['operations.execute'], resource: 'operation' },
  'operation.undo': { permissions: ['operations.execute'], resource: 'operation' },
  'operation.retry-failed': { permissions: ['operations.execute'], resource: 'operation' },
  'operation.review': { permissions: ['operations.execute'], resource: 'operation' },
  'operation.complete': { permissions: [], resource: 'operation' },
  'operation.fail': { permissions: [], resource: 'operation' },
  'operation.expire': { permissions: [], resource: 'operation' },
  ...crud('operation.schedule', 'operation_schedule', 'operations.execute', 'operations.execute'),
  'operation.schedule.run': { permissions: ['operations.execute'], resource: 'operation_schedule' },
  'operation.schedule.disable': { permissions: [], resource: 'operation_schedule' },
  // Anybody's, for when the owner has left.
  'operation.schedule.any.list': { permissions: ['admins.manage'], resource: 'operation_schedule', everywhere: true },
  'operation.schedule.any.read': { permissions: ['admins.manage'], resource: 'operation_schedule', everywhere: true },
  'operation.schedule.any.disable': {
    permissions: ['admins.manage'],
    resource: 'operation_schedule',
    everywhere: true,
  },
  'operation.schedule.any.delete': { permissions: ['admins.manage'], resource: 'operation_schedule', everywhere: true },
} as const satisfies Record<string, ActionRule>;

export type Action = keyof typeof ACTIONS;

export const ruleOf = (action: Action): ActionRule => ACTIONS[action];
