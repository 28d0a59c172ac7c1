import * as z from 'zod';
import { operationType } from './declare.ts';
import { serviceTarget } from './service-target.ts';

const GONE = 'What has expired let nobody pass any more; a tester who is meant is added anew.';

export const testersPurgeExpired = operationType({
  summary: 'Remove testers whose time is over',
  risk: 'routine',
  permission: 'services.testers.manage',
  everywhere: false,
  locks: ['service_testers'],
  target: serviceTarget,
  parameters: z.strictObject({}),
  draft: (target) => ({
    selection: 'expired_testers',
    targetId: target.type === 'service' ? target.id : null,
    ...(target.type === 'every-service'
      ? {}
      : { list: (target.type === 'service' ? [target.id] : target.ids).map((serviceId) => ({ serviceId })) }),
  }),
  patches: () => ({ tester_user: {}, tester_admin: {} }),
  undo: { tester_user: GONE, tester_admin: GONE },
});
