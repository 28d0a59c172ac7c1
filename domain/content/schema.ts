import * as z from 'zod';
import { instantText } from '../instant.ts';
import { freeText, refuseSecrets } from '../services/free-text.ts';
import { canonicalTag } from './language-tag.ts';

const MAX_TEXT = 20_000;

/** What a consent or document is called in programs, the same in every version and language. */
export const contentCode = z
  .string()
  .max(63)
  .regex(
    /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/,
    'must be lower-case letters, digits and single hyphens, such as privacy-policy',
  )
  .superRefine(refuseSecrets);

const byTag = z.record(z.string(), freeText(MAX_TEXT).min(1, 'must not be empty')).transform((texts, context) => {
  const canonical = new Map<string, string>();
  for (const [written, text] of Object.entries(texts)) {
    const tag = canonicalTag(written);
    if (tag === null || canonical.has(tag))
      context.addIssue({
        code: 'custom',
        path: [written],
        message: tag === null ? 'is not a BCP 47 language tag such as de-AT' : `is ${tag}, which is there already`,
      });
    else canonical.set(tag, text);
  }
  if (Object.keys(texts).length === 0) context.addIssue({ code: 'custom', message: 'must hold at least one text' });
  return Object.fromEntries(canonical);
});

/** A text by language tag. zod leaves `__proto__` out in silence, so that it is refused before. */
export const texts = z.preprocess((value, context) => {
  if (typeof value === 'object' && value !== null && Object.hasOwn(value, '__proto__'))
    context.addIssue({ code: 'custom', path: ['__proto__'], message: 'is not a BCP 47 language tag such as de-AT' });
  return value;
}, byTag);

/** RFC 3339 with any offset, kept as UTC with milliseconds; 1970 to 9999. */
export const instant = instantText.transform((text, context) => {
  const ms = Date.parse(text);
  if (ms >= 0 && ms < Date.UTC(10_000, 0)) return new Date(ms).toISOString();
  context.addIssue({ code: 'custom', message: 'must be a time from 1970 to 9999, such as 2027-01-01T00:00:00Z' });
  return z.NEVER;
});
