import { cardsIn, ibanAt, isBasicCredential, isEmailDomain, localPartBefore, type Part } from './redact-checks.ts';
import { isDrawn } from './redact-words.ts';
import { VENDOR_TOKEN, vendorOf } from './vendor-tokens.ts';

export interface ValueRule {
  /** What was found, or what says so of a match. */
  name: string | ((match: string) => string);
  /** Global. Takes time in proportion to the text, whatever the text is: every repetition is bounded or cannot begin twice. */
  pattern: RegExp;
  /** Text without which the pattern cannot match: most texts are done with by looking for it. */
  needs?: string;
  /** Personal, but no secret: a published text may hold it. */
  personal?: true;
  /** What of a match goes; all of it when absent. */
  parts?: (match: string, at: number, text: string) => readonly Part[];
}

/** A rule whose match counts only when `holds` says so. */
const when = (holds: (match: string, before: string) => boolean) => (match: string, at: number, text: string) =>
  holds(match, text.slice(Math.max(0, at - 24), at)) ? [[at, at + match.length] as const] : [];

/** `Bearer authentication` and the like are words, but not in the header that is made for tokens. */
const isBearer = (match: string, before: string) => {
  if (/authorization["']?\s*[:=]\s*["']?$/i.test(before)) return true;
  const token = match.replace(/^bearer\s+/i, '');
  return token.length >= 24 || !/^[a-z]?[a-z]+[.,]?$/i.test(token) || /[a-z][A-Z]/.test(token);
};

/** What a secret's or a personal value looks like, whatever its key is called. */
export const VALUE_RULES: readonly ValueRule[] = [
  {
    name: 'private key',
    needs: '-----BEGIN ',
    pattern: /-----BEGIN [A-Z ]*PRIVATE KEY(?: BLOCK)?-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY(?: BLOCK)?-----|$)/g,
  },
  {
    name: 'JWT',
    needs: 'eyJ',
    // Only the first `eyJ` of a run is tried: the others could only fail where it failed, in quadratic time. Five parts are a JWE.
    pattern:
      /(?<![A-Za-z0-9])(?=eyJ)(?<=(?<![\w-])(?:(?!(?<![A-Za-z0-9])eyJ)[\w-])*)eyJ[\w-]{8,}(?:\.[\w-]*\.[\w-]{8,}\.[\w-]{4,}\.[\w-]{8,}|\.[\w-]{4,}\.[\w-]*)/g,
  },
  {
    name: 'credentials in a URL',
    needs: '://',
    pattern:
      /(?<![a-z\d])[a-z][a-z\d+.-]{1,20}:\/\/(?:[^\s/@:"'<>]{0,100}:[^\s/"'<>]{1,200}|(?=[\w-]{0,40}\d)[\w-]{16,200})@/gi,
    // The rest stays an address that other rules know.
    parts: (match, at) => [[at + match.indexOf('//') + 2, at + match.length - 1]],
  },
  {
    name: 'webhook address',
    needs: 'hooks',
    pattern: /hooks\.slack(?:-gov)?\.com\/(?:services|workflows|triggers)\/[\w/-]{10,}/g,
  },
  {
    name: 'webhook address',
    needs: 'webhook',
    pattern:
      /(?:discord(?:app)?\.com\/api\/(?:v\d+\/)?webhooks\/\d+\/[\w-]{20,}|[\w-]{1,60}\.webhook\.office\.com\/[\w/@-]{20,})/g,
  },
  { name: 'bearer token', pattern: /(?<![a-z\d])Bearer\s+[\w.~+/=-]{8,}/gi, parts: when(isBearer) },
  { name: 'basic credentials', pattern: /(?<![a-z\d])Basic\s+[\w+/-]{6,}={0,2}/gi, parts: when(isBasicCredential) },
  {
    name: 'credentials of a command',
    needs: '-u',
    pattern: /(?<=(?:^|\s)(?:-u|--user)[ =]["']?[^\s:"']{1,60}:)[^\s"']{3,}/g,
  },
  {
    name: 'signature in a URL',
    needs: '=',
    pattern:
      /(?<=[?&;](?:code|state|sig|signature|key|auth|x-amz-signature|x-amz-credential|x-goog-signature)=)[\w~.+%=-]{16,}/gi,
    parts: when(isDrawn),
  },
  { name: vendorOf, pattern: VENDOR_TOKEN },
  {
    name: 'card number',
    // A UUID of digits is taken whole, so that no part of it is looked at as a number.
    pattern: /(?<![a-z\d])(?:[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}|\d(?:[ -]?\d){12,})(?![a-z\d])/gi,
    parts: cardsIn,
  },
  {
    name: 'card number',
    pattern: /(?<![\d.])\d{4}([.+_/\u00a0\u2009\u202f\u2013]|%20)(?:\d{4}\1\d{4}\1\d{4}|\d{6}\1\d{4,5})(?![\d.])/g,
    parts: (match, at) => (cardsIn(match.replace(/[^\d]/g, ''), at).length > 0 ? [[at, at + match.length]] : []),
  },
  {
    name: 'IBAN',
    personal: true,
    pattern: /(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}(?=[ +.\u00a0-]?[A-Za-z0-9]{3})/g,
    parts: ibanAt,
  },
  {
    name: 'e-mail address',
    personal: true,
    needs: '@',
    pattern:
      /@(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?\.)+(?:xn--[a-z\d-]{2,59}|\p{L}{2,24})(?![\p{L}\p{N}_])/giu,
    parts: (match, at, text) => {
      const from = isEmailDomain(match.slice(1)) ? localPartBefore(text, at) : at;
      return from < at ? [[from, at + match.length]] : [];
    },
  },
];

/*
 * Keys. A name is cut into words: `x-api-key`, `clientSecret`, `DB_PASS` (see redact-keys.ts). Spaces stand for where words may
 * be cut or not.
 */

/** In a name, whole or in parts, these make it a secret's. */
export const PARTS = new RegExp(
  [
    'pass ?(?:word(?!less)|wd|phrase|code)|passwort|kennwort|contrase[nñ]a|mot ?de ?passe|wachtwoord|senha|hasło|lösenord|пароль|密码|密碼|パスワード|비밀번호',
    'secret(?!ar|ion|ly)|token(?!i[sz])|cookie|credential|authori[sz]ation|bearer|mnemonic|seed ?phrase|connection ?string',
    'api ?key|(?:private|secret|access|signing|encryption|master|shared|account|auth|ssh|licen[sc]e|hmac|webhook|recovery|storage|session|app) ?key|identified by ',
    '(?:auth|otp|mfa|2fa|totp|verification|recovery|backup|security) ?codes? |security ?answer',
    '(?:card|credit ?card|cc|passport|social ?security) ?(?:number|no|num) |social ?security|national ?id |credit ?card|sessi?o?n?id ?cookie',
    '(?:db|user|admin|root|smtp|ftp|mysql|pg|login|ldap|proxy|my|new|old)(?:pass|pwd) ',
  ].join('|'),
);

/** Whole words of a name. */
export const WORDS =
  /^(?:pass|pwd|passwd|pswd|psw|pw|passe|pin|otp|totp|cvv|cvc|ssn|iban|jwt|csrf|xsrf|creds|dsn|jsessionid|phpsessid)$/;

/** Of these, numbers are secrets too. */
export const NUMERIC =
  / (?:pin|otp|totp|cvv2?|cvc2?|ssn|pwd|passwd|psw|pw) |pass ?(?:word|wd|code)|pwd |passwort|kennwort|secret| ?codes? |(?:card|cc|passport|security) ?(?:number|no|num) /;

/** A last word that says it is *about* the secret: tokenCount, passwordPolicy, cookiesEnabled. */
export const HEADS = new RegExp(
  `^(?:${[
    'count|counts|total|length|len|size|limit|limits|min|max|minimum|maximum|rate|ratio|quota|budget|usage|used|cost|price|score',
    'strength|policy|policies|rule|rules|requirement|requirements|pattern|regex|format|encoding|algorithm|alg|version|revision',
    'type|types|kind|category|categories|mode|method|methods|scheme|provider|issuer|audience|scope|scopes|role|roles|permissions?',
    'enabled|disabled|required|optional|allowed|supported|valid|invalid|validation|verified|exists|present|set|secure|site|samesite',
    'expiry|expires|expired|expiration|ttl|lifetime|timeout|duration|age|seconds|minutes|hours|days|ms|at|time|date|timestamp|delay',
    'changed|updated|created|rotated|issued|revoked|rotation|attempts|retries|status|state|step|flow|reason|result|error|errors',
    'id|ids|name|names|arn|ref|reference|label|labels|title|description|placeholder|message|field|fields|locale|language',
    'path|file|dir|page|domain|domains|manager|service|consent|consents|banner|notice|symbol|color|width|height|reset|change',
  ].join('|')})$`,
);

/** A last word that makes it the address of something secret. */
export const LINK_HEADS = /^(?:url|urls|uri|uris|link|links|href|endpoint)$/;

/** A first word that asks or counts: maxTokens, hasPassword, allowedCookies, pageToken. */
export const LEADS =
  /^(?:max|min|num|number|total|count|avg|is|has|require|requires|required|enable|disable|allow|allowed|supported|show|hide|page|next|continuation|design)$/;

/** Goes when it looks drawn by lot. */
export const OPAQUE = /^(?:auth|signature|sig|sas|nonce|verifier|sid|sessionid|sessid)$/;

/** Where somebody comes from; the name's words with dots between. */
export const ADDRESS_KEY =
  /(?:^|\.)(?:x?(?:client|remote|user|source|src|peer|real|origin|visitor|host|login)?ip(?:v[46])?(?:\.?addr(?:ess(?:es)?)?)?s?|(?:remote|client|peer|source)\.?addr(?:ess)?|forwarded\.?for|forwarded)$/;

/** Lists of addresses are configuration. */
export const LISTS =
  /^(?:ip)?(?:white|black|allow|block|deny)?list(?:ed|s)?$|^(?:allow(?:ed)?|bypass|trusted|block(?:ed)?|denied|permitted|ranges?|cidrs?|subnets?)$/;

/** Attributes that hold an address somebody was at. */
export const URL_KEYS: ReadonlySet<string> = new Set(
  (
    'urlfull urloriginal urlpath urlquery httpurl httptarget httpreferer httpreferrer httprequestheaderreferer referer ' +
    'referrer documentreferrer documenturl documenturi pageurl pagepath pageuri locationhref browserurl currenturl previousurl'
  ).split(' '),
);

/** `{key: 'password', value: '…'}`: the first of these names what the second hold. */
export const PAIR_NAMES = [
  'key',
  'name',
  'field',
  'fieldName',
  'label',
  'path',
  'param',
  'parameter',
  'header',
  'attribute',
  'property',
];
export const PAIR_VALUES: ReadonlySet<string> = new Set(
  (
    'value values val stringValue string_value intValue arrayValue kvlistValue newValue oldValue new old before after from to ' +
    'current previous defaultValue content'
  ).split(' '),
);

/** The private members of a JSON Web Key (RFC 7518 section 6). */
export const JWK_SECRETS: ReadonlySet<string> = new Set(['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']);

/** Query parameters that addresses keep. */
export const URL_QUERY_NAMES: readonly string[] =
  'page limit offset size per_page sort order direction tab view lang locale status type archived outcome method from to'.split(
    ' ',
  );
