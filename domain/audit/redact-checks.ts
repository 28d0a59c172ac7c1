import { isUuid } from './redact-words.ts';

/** The part of a text that goes, by offsets. */
export type Part = readonly [from: number, to: number];

/** ISO/IEC 7812-1: ranges and lengths of the payment networks, check digit. */
const NETWORKS =
  /^(?:4(?:\d{12}|\d{15}|\d{18})|5[1-5]\d{14}|5[06-8]\d{11,17}|2(?:2[0-9]|[3-6]\d|7[0-2])\d{13,16}|3[47]\d{13}|3[0689]\d{12,17}|35\d{14,17}|6\d{12,18})$/;

export function isCardNumber(digits: string): boolean {
  if (!NETWORKS.test(digits)) return false;
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
export function cardsIn(numbers: string, at: number): Part[] {
  if (isUuid(numbers)) return [];
  const groups = numbers.split(/([ -])/);
  const parts: [number, number][] = [];
  let end = -1;
  let offset = at;
  for (let i = 0; i < groups.length; i++) {
    const to = offset + (groups[i]?.length ?? 0);
    if (i % 2 === 0) {
      const inside = i <= end;
      end = Math.max(end, endOfCard(groups, i));
      const last = parts.at(-1);
      if (inside && last) last[1] = to;
      else if (i <= end) parts.push([offset, to]);
    }
    offset = to;
  }
  return parts;
}

// ISO 13616, the registry's lengths.
const IBAN_LENGTHS = new Map(
  (
    'AD24AE23AL28AT20AZ28BA20BE16BG22BH22BI27BR29BY28CH21CR22CY28CZ24DE22DJ27DK18DO28EE20EG29ES24FI18FK18FO18FR27GB22' +
    'GE22GI23GL18GR27GT28HN28HR21HU28IE22IL23IQ23IS26IT27JO30KW30KZ20LB28LC32LI21LT20LU20LV21LY25MC27MD24ME22MK19MN20' +
    'MR27MT31MU30NI28NL18NO15OM23PK24PL28PS29PT25QA29RO24RS22RU33SA24SC31SD18SE24SI19SK24SM27SO23ST25SV28TL23TN24TR26' +
    'UA29VA22VG24XK20YE30'
  )
    .match(/[A-Z]{2}\d{2}/g)
    ?.map((entry) => [entry.slice(0, 2), Number(entry.slice(2))]),
);

/** ISO 7064 mod 97-10. */
function isIban(iban: string): boolean {
  let rest = 0;
  for (const c of iban.slice(4) + iban.slice(0, 4)) {
    const value = Number.parseInt(c, 36);
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97;
  }
  return rest === 1;
}

/** The IBAN that begins at `at`, grouped or not. */
export function ibanAt(country: string, at: number, text: string): Part[] {
  const length = IBAN_LENGTHS.get(country.slice(0, 2).toUpperCase());
  if (!length) return [];
  let iban = '';
  let to = at;
  for (; iban.length < length && to < text.length; to++) {
    const c = text[to] ?? '';
    if (/[A-Za-z0-9]/.test(c)) iban += c;
    else if (!/[ +.\u00a0-]/.test(c) || !/[A-Za-z0-9]/.test(text[to - 1] ?? '')) return [];
  }
  if (iban.length < length || /[A-Za-z0-9]/.test(text[to] ?? '') || iban.replace(/\D/g, '').length * 2 < length)
    return [];
  return isIban(iban.toUpperCase()) ? [[at, to]] : [];
}

/** `Basic` and base64 of `user:password` (RFC 7617). */
export function isBasicCredential(match: string): boolean {
  const plain = fromBase64(match.replace(/^basic\s+/i, ''));
  return plain !== null && /^[^\p{Cc}]*:[^\p{Cc}]*$/u.test(plain);
}

/** Base64 of either alphabet, padded or not, as text of bytes; null for what is none. */
export function fromBase64(text: string): string | null {
  try {
    const bare = text.replace(/=+$/, '').replaceAll('-', '+').replaceAll('_', '/');
    // A last group of one character encodes nothing.
    return atob(bare.length % 4 === 1 ? bare.slice(0, -1) : bare);
  } catch {
    return null;
  }
}

// No domain ends like this, but files do: icon@2x.png, vue@next.min.js, getty@tty1.service.
const FILE_ENDING =
  /\.(?:png|jpe?g|gif|webp|svg|avif|ico|[mc]?js|jsx|tsx?|s?css|html?|json|xml|ya?ml|woff2?|wasm|pdf|service|socket|timer)$/i;

/** Whether what follows an @ is a host's name, rather than a version (`zod@1.2.3-rc.next`) or a file's. */
export const isEmailDomain = (domain: string) => !/^\d+\.\d/.test(domain) && !FILE_ENDING.test(domain);

const LOCAL_PART = /[\p{L}\p{N}._%+'-]/u;
const MAX_LOCAL_PART = 64;

/** `postgres://user:`: what follows is a password, and the rule for those takes it. */
const USER_INFO = /:\/\/[^\s/@]{0,100}:$/;

/** Where the part before the @ at `at` begins; `at` itself when there is none, or when it is no person's. */
export function localPartBefore(text: string, at: number): number {
  let from = at;
  while (from > 0 && at - from < MAX_LOCAL_PART && LOCAL_PART.test(text[from - 1] ?? '')) from--;
  while (from < at && /[.'-]/.test(text[from] ?? '')) from++;
  const isNobody = /^(?:git|hg|svn)$/.test(text.slice(from, at));
  return isNobody || USER_INFO.test(text.slice(Math.max(0, from - 105), from)) ? at : from;
}
