import ipaddr from 'ipaddr.js';

/** Where a channel may send to, or why it may not, for the person who wrote it. */
export type Target = { url: URL; isPrivate: boolean } | { problem: string };

/**
 * Names that lead into somebody's own network, or to whatever address stands in them. A public name that resolves to a private
 * address is found when it is resolved; these are refused before anybody asks.
 */
const PRIVATE_SUFFIXES = [
  ...[
    'localhost',
    'localdomain',
    'local',
    'internal',
    'intranet',
    'private',
    'corp',
    'home',
    'lan',
    'arpa',
    'onion',
    'test',
    'invalid',
  ],
  ...[
    'metadata.goog',
    'nip.io',
    'sslip.io',
    'xip.io',
    'nip.direct',
    'localtest.me',
    'lvh.me',
    'vcap.me',
    'lacolhost.com',
    'traefik.me',
  ],
  ...['local.gd', 'localho.st', 'fuf.me', 'backname.io', 'ip6.name', '1u.ms', 'rbndr.us', 'cxip.org'],
];

const isBelow = (name: string, suffix: string) => name === suffix || name.endsWith(`.${suffix}`);

/** What is reachable from everywhere: RFC 6890's unicast, and of IPv6 only 2000::/3, of which nothing else is handed out. */
export function isPublicAddress(text: string): boolean {
  if (!ipaddr.isValid(text)) return false;
  const address = ipaddr.process(text);
  if (address.range() !== 'unicast') return false;
  return address instanceof ipaddr.IPv4 || ((address.parts[0] ?? 0) & 0xe000) === 0x2000;
}

/** The address in a URL's host, where it is one. */
export const addressIn = (hostname: string): string | null => {
  const bare = hostname.replace(/^\[|\]$/g, '');
  return ipaddr.isValid(bare) ? bare : null;
};

function problemOfHost(hostname: string): string | null {
  const address = addressIn(hostname);
  if (address !== null) return isPublicAddress(address) ? null : 'must not lead to a private or reserved address';
  const name = hostname.replace(/\.$/, '');
  if (!name.includes('.') || PRIVATE_SUFFIXES.some((suffix) => isBelow(name, suffix)))
    return 'must be a public host name, none of a private network and none that stands for any address';
  return null;
}

/**
 * Reads where a channel sends to: https on port 443 of a public host, no user or password. The URL standard reads `0x7f.1`,
 * `2130706433` and full-width digits as the address they are.
 * @param privateTargets origins that may be targets besides, in development
 */
export function readTarget(text: string, privateTargets: readonly string[]): Target {
  // The parser would drop tabs and line ends silently, and take a backslash for a slash.
  const url = /[\s\p{Cc}\\]/u.test(text) ? null : URL.parse(text);
  if (!url) return { problem: 'must be a URL such as https://hooks.example.com/steward' };
  if (url.username !== '' || url.password !== '') return { problem: 'must have no user name or password' };
  url.hash = '';
  if (privateTargets.includes(url.origin)) return { url, isPrivate: true };
  if (url.protocol !== 'https:') return { problem: 'must begin with https://' };
  if (url.port !== '') return { problem: 'must have no port: only 443 is reached' };
  const problem = problemOfHost(url.hostname);
  return problem ? { problem } : { url, isPrivate: false };
}
