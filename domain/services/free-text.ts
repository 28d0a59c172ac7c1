import * as z from 'zod';
import { findSecret } from '../audit/redact.ts';

/** Words of people, up to `max` characters. They go into audit records for good, so that secrets are refused. */
export const freeText = (max: number) =>
  z
    .string()
    .trim()
    .max(max)
    .superRefine((text, context) => {
      const secret = findSecret(text);
      if (secret)
        context.addIssue({ code: 'custom', message: `looks like it holds a secret (${secret}); leave it out` });
    });
