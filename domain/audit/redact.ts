export const REDACTED = '[redacted]';

interface Rule {
  name: string;
  pattern: RegExp;
  /** What a match becomes when only a part of it, or nothing, is a secret. */
  clean?: (match: string) => string;
}

/**
 * What a secret's value looks like, whatever its key is called. Order matters: the longer shapes come first. Each takes time
 * in proportion to the text, whatever the text is.
 */
const RULES: readonly Rule[] = [
  { name: 'private key', pattern: /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g },
  {
    name: 'JWT',
    // Only the first `eyJ` of a run is tried: the others could only fail where it failed, in quadratic time.
    pattern: /\b(?=eyJ)(?<=(?<![\w-])(?:(?!\beyJ)[\w-])*)eyJ[\w-]{8,}\.[\w-]{4,}\.[\w-]*/g,
  },
  { name: 'credentials in a URL', pattern: /\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s/@:]{0,100}:[^\s/]{1,200}@/gi },
  { name: 'bearer token', pattern: /\bBearer\s+[\w.~+/=-]{8,}/gi },
  { name: 'AWS key', pattern: /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g },
  { name: 'Google key', pattern: /\bAIza[\w-]{35}/g },
  { name: 'GitHub token', pattern: /\b(?:gh[pousr]_\w{30,}|github_pat_\w{30,})/g },
  { name: 'Slack token', pattern: /\bxox[a-eoprs]-[\w-]{10,}/g },
  { name: 'Stripe key', pattern: /\b(?:sk|rk|pk)_(?:live|test)_\w{16,}/g },
  {
    name: 'card number',
    // A UUID of digits is taken whole, so that no part of it is looked at as a number.
    pattern: /\b[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}\b|\b\d(?:[ -]?\d){12,}\b/gi,
    clean: (match) => (/^[\da-f]{8}-[\da-f]{4}-/i.test(match) ? match : withoutCards(match)),
  },
];

/** ISO/IEC 7812-1: length, first digit of the payment industries, check digit. */
function isCardNumber(digits: string): boolean {
  if (!/^[2-6]\d{12,18}$/.test(digits)) return false;
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = Number(digits[digits.length - 1 - i]);
    const doubled = i % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}

/** The last group of the longest card number that begins with group `first`, or -1. Every other item is a separator. */
function endOfCard(groups: readonly string[], first: number): number {
  let end = -1;
  for (let i = first, digits = ''; i < groups.length && digits.length < 19; i += 2) {
    digits += groups[i];
    if (isCardNumber(digits)) end = i;
  }
  return end;
}

/** Other numbers stand beside a card's (`4111 1111 1111 1111 12/27`): every stretch of whole groups that could be one goes. */
function withoutCards(numbers: string): string {
  const groups = numbers.split(/([ -])/);
  let clean = '';
  let end = -1;
  for (let i = 0; i < groups.length; i += 2) {
    const inside = i <= end;
    end = Math.max(end, endOfCard(groups, i));
    if (!inside) clean += (groups[i - 1] ?? '') + (i <= end ? REDACTED : groups[i]);
  }
  return clean;
}

/** Replaces everything in `text` that looks like a secret or a card number. */
export function redactText(text: string): string {
  if (text === '') return text;
  let clean = text;
  for (const rule of RULES) clean = clean.replace(rule.pattern, (match) => rule.clean?.(match) ?? REDACTED);
  return clean;
}

/** The kind of secret found in `text`, or null: for texts that are published and must be refused instead of changed. */
export function findSecret(text: string): string | null {
  for (const { name, pattern, clean } of RULES)
    for (const [match] of text.matchAll(pattern)) if (clean === undefined || clean(match) !== match) return name;
  return null;
}
