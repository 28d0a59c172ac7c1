import type { Api } from '../../../api/schema.gen.ts';

export type QueueName = NonNullable<Api['GET /v1/audit/dead-letters']['query']['queue']>;

export const QUEUES: readonly QueueName[] = [
  'audit-events',
  'audit-outbox',
  'exports',
  'notifications',
  'operations',
  'telemetry-forward',
];
