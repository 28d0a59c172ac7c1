import { adminsLock, adminsUnlock } from './admins-lock.ts';
import { auditHoldApply, auditHoldRelease } from './audit-hold.ts';
import { cachePurge } from './cache-purge.ts';
import { deadLettersReplay } from './dead-letters-replay.ts';
import type { OperationType } from './declare.ts';
import { exportsPurge } from './exports-purge.ts';
import { featuresToggle } from './features-toggle.ts';
import { keysRotate } from './keys-rotate.ts';
import { retentionEnforce } from './retention-enforce.ts';
import { securityLockdown, securityRelease } from './security-lockdown.ts';
import { servicesConfigApply } from './services-config-apply.ts';
import { servicesMaintenance } from './services-maintenance.ts';
import { sessionsRevoke } from './sessions-revoke.ts';
import { subjectErase } from './subject-erase.ts';
import { subjectExport } from './subject-export.ts';
import { testersPurgeExpired } from './testers-purge-expired.ts';

/** Every type of operation there is. */
export const OPERATION_TYPES = {
  'sessions.revoke': sessionsRevoke,
  'admins.lock': adminsLock,
  'admins.unlock': adminsUnlock,
  'security.lockdown': securityLockdown,
  'security.release': securityRelease,
  'services.maintenance': servicesMaintenance,
  'services.config.apply': servicesConfigApply,
  'features.toggle': featuresToggle,
  'testers.purge-expired': testersPurgeExpired,
  'exports.purge': exportsPurge,
  'audit.hold.apply': auditHoldApply,
  'audit.hold.release': auditHoldRelease,
  'retention.enforce': retentionEnforce,
  'dead-letters.replay': deadLettersReplay,
  'cache.purge': cachePurge,
  'subject.export': subjectExport,
  'subject.erase': subjectErase,
  'keys.rotate': keysRotate,
} as const satisfies Record<string, OperationType>;

export type OperationTypeName = keyof typeof OPERATION_TYPES;
export const OPERATION_TYPE_NAMES = Object.keys(OPERATION_TYPES) as [OperationTypeName, ...OperationTypeName[]];
