import { parse } from 'bcp-47';
import languages from 'language-subtag-registry/data/json/language.json' with { type: 'json' };
import regions from 'language-subtag-registry/data/json/region.json' with { type: 'json' };
import scripts from 'language-subtag-registry/data/json/script.json' with { type: 'json' };
import variants from 'language-subtag-registry/data/json/variant.json' with { type: 'json' };
import * as z from 'zod';

/** RFC 5646 section 4.4.1. */
const MAX_LENGTH = 35;
/** Of the registry of extensions; RFC 6067 and RFC 6497. */
const EXTENSIONS = new Set(['u', 't']);

/** Registered, for private use: they name no region to anybody else. */
const PRIVATE_REGIONS = new Set(['AA', 'ZZ']);

const isKnown = (registry: object, subtag: string | null | undefined) =>
  !subtag || Object.hasOwn(registry, subtag.toLowerCase());

function canonical(text: string): string | null {
  try {
    return text.length > MAX_LENGTH ? null : (Intl.getCanonicalLocales(text)[0] ?? null);
  } catch {
    return null;
  }
}

/**
 * A language tag (BCP 47) in its one spelling: `EN-us` is `en-US`, `iw` is `he`.
 * @returns null when it is none, or holds a subtag that IANA's registry does not have
 */
export function canonicalTag(text: string): string | null {
  const tag = canonical(text);
  if (tag === null || tag.length > MAX_LENGTH) return null;
  const { language, script, region, variants: given, extensions } = parse(tag, { normalize: false });
  const known =
    language &&
    isKnown(languages, language) &&
    isKnown(scripts, script) &&
    isKnown(regions, region) &&
    !PRIVATE_REGIONS.has(region ?? '') &&
    given.every((variant) => isKnown(variants, variant)) &&
    extensions.every(({ singleton }) => EXTENSIONS.has(singleton));
  return known ? tag : null;
}

export const languageTag = z.string().transform((text, context) => {
  const tag = canonicalTag(text);
  if (tag !== null) return tag;
  context.addIssue({ code: 'custom', message: 'must be a BCP 47 language tag of registered subtags, such as de-AT' });
  return z.NEVER;
});
