import type { Api } from '../../api/schema.gen.ts';

export type Permission = Api['POST /v1/admin/roles']['body']['permissions'][number];

/** Every permission, by what it is about. */
export const PERMISSION_GROUPS = {
  services: [
    'services.view',
    'services.manage',
    'services.config.update',
    'services.features.manage',
    'services.testers.manage',
    'services.content.manage',
    'analytics.view',
  ],
  audit: ['audit.view', 'audit.hold.manage'],
  operations: ['operations.execute', 'operations.approve'],
  exports: ['exports.request', 'exports.download'],
  observability: ['observability.view', 'system.health.view', 'notifications.manage'],
  access: ['admins.view', 'admins.manage'],
  machines: ['gate.check', 'telemetry.write'],
} as const satisfies Record<string, readonly Permission[]>;

type Missing = Exclude<Permission, (typeof PERMISSION_GROUPS)[keyof typeof PERMISSION_GROUPS][number]>;
/** Their names; those of the permissions that are in none, if the API has such, and then nothing here compiles. */
export type PermissionGroup = [Missing] extends [never] ? keyof typeof PERMISSION_GROUPS : Missing;
export const GROUP_NAMES = Object.keys(PERMISSION_GROUPS) as PermissionGroup[];
