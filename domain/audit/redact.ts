/** What a secret's value looks like, whatever its key is called. Order matters: the longer shapes come first. */
const RULES: readonly { name: string; pattern: RegExp; holds?: (match: string) => boolean }[] = [
  { name: 'private key', pattern: /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g },
  { name: 'JWT', pattern: /\beyJ[\w-]{8,}\.[\w-]{4,}\.[\w-]*/g },
  { name: 'credentials in a URL', pattern: /\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s/@:]{0,100}:[^\s/@]{1,200}@/gi },
  { name: 'bearer token', pattern: /\bBearer\s+[\w.~+/=-]{8,}/gi },
  { name: 'AWS key', pattern: /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g },
  { name: 'Google key', pattern: /\bAIza[\w-]{35}/g },
  { name: 'GitHub token', pattern: /\b(?:gh[pousr]_\w{30,}|github_pat_\w{30,})/g },
  { name: 'Slack token', pattern: /\bxox[abeoprs]-[\w-]{10,}/g },
  { name: 'Stripe key', pattern: /\b(?:sk|rk|pk)_(?:live|test)_\w{16,}/g },
  { name: 'card number', pattern: /\b\d(?:[ -]?\d){12,18}\b/g, holds: passesLuhn },
];

/** ISO/IEC 7812-1 check digit. */
function passesLuhn(text: string): boolean {
  const digits = text.replace(/\D/g, '');
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = Number(digits[digits.length - 1 - i]);
    const doubled = i % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0 && !/^0+$/.test(digits);
}

export const REDACTED = '[redacted]';

/** Replaces everything in `text` that looks like a secret or a card number. */
export function redactText(text: string): string {
  let clean = text;
  for (const { pattern, holds } of RULES)
    clean = clean.replace(pattern, (match) => (holds === undefined || holds(match) ? REDACTED : match));
  return clean;
}

/** The kind of secret found in `text`, or null: for texts that are published and must be refused instead of changed. */
export function findSecret(text: string): string | null {
  for (const { name, pattern, holds } of RULES)
    for (const [match] of text.matchAll(pattern)) if (holds === undefined || holds(match)) return name;
  return null;
}
