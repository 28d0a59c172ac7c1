import { getDomain } from 'tldts';

/** Why a text is no domain that may be listed, for the person who wrote it. */
export interface DomainProblem {
  problem: string;
}

const MAX_NAME = 253;
const LABEL = /^(?!-)[a-z0-9-]{1,63}(?<!-)$/;
const SUFFIX_RULES = { allowPrivateDomains: true, extractHostname: false, validateHostname: false, detectIp: false };

/** What people write around a name, most telling first. None of it may reach the URL parser, which would drop it silently. */
const AROUND: readonly [RegExp, string][] = [
  [/^[a-z][a-z0-9+.-]*:\/\//i, 'must be a name without a scheme: leave https:// out'],
  [/@/, 'must be a name without a user: leave everything up to @ out'],
  [/[/\\?#]/, 'must be a name without a path'],
  [/[[\]]|:.*:/, 'must be a name, not an IP address: those belong into the IP whitelist'],
  [/:/, 'must be a name without a port'],
  [/_/, 'must not hold an underscore: no host name has one'],
  [/%/, 'must be written plainly, without percent signs'],
  [/[\s\p{Cc}]/u, 'must not hold spaces or control characters'],
];

const HINT = 'must be a domain such as example.com or *.example.com';

function problemOfName(host: string, labels: readonly string[]): string | null {
  if (/^\d+(?:\.\d+){3}$/.test(host)) return 'must be a name, not an IP address: those belong into the IP whitelist';
  if (host.includes('*')) return 'may have * only as the whole first label, as in *.example.com';
  if (labels.some((label) => label.length > 63)) return 'has a label of more than 63 octets';
  if (!labels.every((label) => LABEL.test(label)))
    return 'must have labels of letters, digits and inner hyphens, such as example.com';
  if (labels.length < 2) return 'must have at least two labels, such as example.com';
  return null;
}

/**
 * The one spelling of a domain a service may be used from: IDNA as ASCII (UTS 46), lower case, without a dot at the end, at most
 * 253 octets. `*.` in front stands for every name below. Public suffixes (ICANN's and private ones) are refused.
 */
export function normaliseDomain(text: string): string | DomainProblem {
  const around = AROUND.find(([pattern]) => pattern.test(text));
  if (around) return { problem: around[1] };
  const wildcard = text.startsWith('*.');
  const written = wildcard ? text.slice(2) : text;
  const url = `http://${written}`;
  if (written === '' || !URL.canParse(url)) return { problem: HINT };
  const host = new URL(url).hostname.replace(/\.$/, '');
  const normal = wildcard ? `*.${host}` : host;
  const problem = problemOfName(host, host.split('.'));
  if (problem) return { problem };
  if (normal.length > MAX_NAME) return { problem: `must not be longer than ${MAX_NAME} octets` };
  // Also null for a name right below which there are suffixes only, as of kawasaki.jp.
  if (getDomain(host, SUFFIX_RULES) === null)
    return { problem: 'is a public suffix, below which anybody may register: list your own domain below it' };
  return normal;
}
