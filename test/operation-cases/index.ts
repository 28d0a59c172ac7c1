import { adminsLock, adminsUnlock } from './admins.ts';
import type { Case } from './case.ts';
import { subjectErase } from './erase.ts';
import { exportsPurge } from './exports.ts';
import { featuresToggle } from './features.ts';
import { cachePurge } from './gate-copies.ts';
import { auditHoldApply, auditHoldRelease } from './holds.ts';
import { keysRotate } from './keys.ts';
import { deadLettersReplay } from './letters.ts';
import { securityLockdown, securityRelease } from './lockdown.ts';
import { retentionEnforce } from './retention.ts';
import { servicesConfigApply, servicesMaintenance } from './services.ts';
import { sessionsRevoke } from './sessions.ts';
import { subjectExport } from './subject.ts';
import { testersPurgeExpired } from './testers.ts';

/** What must hold of each type; a test fails when one is missing. */
export const CASES: Readonly<Record<string, Case>> = {
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
};
