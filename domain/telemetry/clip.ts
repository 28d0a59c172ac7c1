import type { Attributes, PlainValue } from './otlp-model.ts';
import { CUT_MARK } from './pack-rows.ts';

const MAX_KEY = 256;
/** Ever shorter texts are tried until the whole fits. */
const TEXT_LENGTHS = [4096, 1024, 256, 64];

const encoder = new TextEncoder();
/** Of its JSON in UTF-8. */
export const bytesOf = (value: unknown): number => encoder.encode(JSON.stringify(value)).length;

/** At most `length` UTF-16 units and the mark; never half a character. */
export function clipText(text: string, length: number): string {
  if (text.length <= length) return text;
  const isHalved = /[\ud800-\udbff]/.test(text.charAt(length - 1));
  return text.slice(0, isHalved ? length - 1 : length) + CUT_MARK;
}

function clipValue(value: PlainValue, length: number): PlainValue {
  if (typeof value === 'string') return clipText(value, length);
  if (Array.isArray(value)) return value.map((item) => clipValue(item, length));
  return typeof value === 'object' && value !== null ? clipTexts(value, length) : value;
}

const clipTexts = (fields: Attributes, length: number): Attributes =>
  Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, clipValue(value, length)]));

/**
 * The fields within so many bytes of JSON: long texts are cut and marked, and only if that does not do, the last fields go.
 * @returns how many went beside them
 */
export function clipFields(fields: Attributes, maxBytes: number): { fields: Attributes; dropped: number } {
  const keyed = Object.fromEntries(Object.entries(fields).map(([key, value]) => [clipText(key, MAX_KEY), value]));
  if (bytesOf(keyed) <= maxBytes) return { fields: keyed, dropped: 0 };
  let shortened = keyed;
  for (const length of TEXT_LENGTHS) {
    shortened = clipTexts(keyed, length);
    if (bytesOf(shortened) <= maxBytes) return { fields: shortened, dropped: 0 };
  }
  let room = maxBytes - 2;
  const kept = Object.entries(shortened).filter((field) => {
    // A comma and a colon for the brackets of the pair.
    const bytes = bytesOf(field);
    if (bytes > room) return false;
    room -= bytes;
    return true;
  });
  return { fields: Object.fromEntries(kept), dropped: Object.keys(shortened).length - kept.length };
}
