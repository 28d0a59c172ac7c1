// What the index by_words takes for a blank beside ASCII signs; see migration 0004.
const PUNCTUATION = '\\u00a0«»\\u2000-\\u206f\\u3000-\\u303f\\uff01-\\uff0f\\uff1a-\\uff20';
const BETWEEN_WORDS = new RegExp(`[\\0-/:-@[-\`{-\\x7f${PUNCTUATION}]+`);

/** The words of a text as the index by_words splits it: letters and digits of any language; case does not count. */
export const wordsOf = (text: string): string[] => text.split(BETWEEN_WORDS).filter((word) => word !== '');
