export const REDACTED = '[redacted]';

/** What stands in a secret's place where none is: `"password": "required"`, `token = null`. */
const STATES =
  /^(?:null|nil|none|undefined|true|false|yes|no|on|off|n\/a|empty|missing|absent|unknown|unset|required|optional|invalid|valid|expired|revoked|disabled|enabled|masked|redacted)$/i;

/** Words that follow a secret's name in a sentence or a program: "Password: must have …", `token: string`. */
const WORDS = new RegExp(
  `^(?:${[
    'ok|set|not|never|always|rotated|changed|updated|wrong|incorrect|correct|weak|default|hidden|same|must|should|may|can|cannot|is|are|was|were',
    'has|had|have|will|to|be|a|an|the|this|that|your|my|our|their|his|her|its|for|from|in|of|by|with|and|or|if|when|see|ask|use|please|too|at|as',
    'it|we|you|they|which|who|what|how|why|only|also|more|less|than|any|all|each|every|one|two|string|str|text|number|int|integer|boolean|bool',
    'object|array|void|bytes|varchar|char|uuid|await|async|new|function|return|typeof|self|bearer|basic|digest|jwt|oauth2?|oidc|saml|apikey',
    'cookie|session|lax|strict|der|die|das|ein|eine|ist|sind|wird|muss|nicht|kein|keine|bitte|und|oder',
  ].join('|')})$`,
  'i',
);

const MASK = /^(?:[*•●·xX#.…_-]{2,}|…|<[^<>]{0,80}>|\$\{[^{}]{0,80}\}?|\{\{[^{}]{0,80}\}{0,2}|%\w|\$\d{1,2}|\?|-)$/;

/** A text that holds no value under any name. */
export const isAbsent = (value: string): boolean =>
  value === '' || value === REDACTED || (value.length <= 90 && (STATES.test(value) || MASK.test(value)));

export const isWord = (value: string): boolean => value.length <= 20 && WORDS.test(value);

const CALL = /^[A-Za-z_$][\w$.]{0,80}\(/;
const MEMBER = /^(?:[A-Za-z_$][\w$]{0,40}\.){1,6}[A-Za-z_$]+[)\]};,]*$/;
const PLACEHOLDER = /^(?::[A-Za-z_]+|@[A-Za-z_]+|\{[\w.]{0,40}\}?|\$[A-Za-z_]+|%\([\w]{1,40}\)s?|process\.env\.\w+)$/;

/** What a program says in a secret's place: a call, a member, a placeholder of a template or a statement. */
export const isCode = (value: string): boolean =>
  value.length <= 120 && (CALL.test(value) || MEMBER.test(value) || PLACEHOLDER.test(value));

/** Nothing a sentence would hold: letters with digits or signs among them. */
export const isStrong = (value: string): boolean =>
  value.length >= 24 ||
  (value.length >= 6 && /\p{L}/u.test(value) && (/\d/.test(value) || /[!@#$%^&*?~+=|]/.test(value)));

export const isUuid = (text: string): boolean => /^[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}$/i.test(text);

/** Looks like something drawn by lot: long, letters and digits, and no id of ours. */
export const isDrawn = (value: string): boolean =>
  /^[\w~.+/%=-]{16,}$/.test(value) && /\d/.test(value) && /[A-Za-z]/.test(value) && !isUuid(value);

/** Names of things that people write about, too. */
export const PROSE_NAME = /cookie|authori[sz]ation/i;

/** A sentence, which a field such as `cookies` may hold. */
export const isProse = (value: string): boolean =>
  !value.includes('=') && /^(?:\p{L}[\p{L}'’-]{0,40}[,.;:!?]?\s+){3}\p{L}/u.test(value);

/** `tokens: 512` counts them. */
export const isCount = (key: string, value: string): boolean => /tokens$/i.test(key) && /^\d{1,9}$/.test(value);
