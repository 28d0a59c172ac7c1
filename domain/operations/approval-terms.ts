import * as z from 'zod';
import { SettingError } from '../audit/redaction-settings.ts';
import type { Risk } from './schema.ts';

/** Whose word an operation needs before it may start. */
export interface ApprovalTerms {
  /** How many admins besides the requester; 0: it waits for nobody. */
  quorum: number;
  /** One of these roles is needed besides operations.approve; empty: any. */
  roles: string[];
}

const terms = z.strictObject({
  quorum: z.int().min(1).max(10),
  roles: z.array(z.string().min(1).max(100)).max(20).default([]),
});

const written = z.strictObject({
  destructive: terms.default({ quorum: 1, roles: [] }),
  irreversible: terms.default({ quorum: 1, roles: [] }),
});

/** @throws SettingError for what is no JSON of this shape */
export function parseApprovals(json: string): Record<Risk, ApprovalTerms> {
  try {
    return { routine: { quorum: 0, roles: [] }, ...written.parse(JSON.parse(json)) };
  } catch {
    throw new SettingError(
      'must be JSON such as {"destructive":{"quorum":1},"irreversible":{"quorum":2,"roles":["owner"]}}; a quorum is 1 to 10',
    );
  }
}
