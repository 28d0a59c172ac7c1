import * as z from 'zod';
import { findSecret } from '../audit/redact.ts';

interface Refinement {
  addIssue(issue: { code: 'custom'; message: string }): void;
}

/** For `superRefine` of what people choose or write. It goes into audit records for good, so that secrets are refused. */
export function refuseSecrets(text: string, context: Refinement): void {
  const secret = findSecret(text);
  if (secret) context.addIssue({ code: 'custom', message: `looks like it holds a secret (${secret}); leave it out` });
}

/** Words of people, up to `max` characters. */
export const freeText = (max: number) => z.string().trim().max(max).superRefine(refuseSecrets);
