/** Whether a host is one of a service's domains. */
export type HostMatcher = (host: string) => boolean;

// A name as browsers write it: nothing to decode, and its last label is none of an IPv4 address in disguise.
const PLAIN = /^(?:[a-z0-9_-]+\.)*[a-z][a-z0-9-]*$/;
const PLAIN_ORIGIN = /^https?:\/\/([a-z0-9._-]+)(?::\d{1,4})?$/;
const PLAIN_HOST = /^([a-z0-9._-]+)(?::\d{1,4})?$/;

const isPlain = (host: string) => PLAIN.test(host) && !host.includes('xn--');

function hostnameOf(url: string): string | null {
  if (!URL.canParse(url)) return null;
  const { hostname, protocol } = new URL(url);
  if (protocol !== 'https:' && protocol !== 'http:') return null;
  return hostname.endsWith('.') ? hostname.slice(0, -1) : hostname;
}

/** The host of an `Origin` (RFC 6454): lower case, IDNA as ASCII, without port or trailing dot. Null for `null` and what is none. */
export function hostOfOrigin(origin: string): string | null {
  const plain = PLAIN_ORIGIN.exec(origin)?.[1];
  return plain !== undefined && isPlain(plain) ? plain : hostnameOf(origin);
}

/** The same of a `Host` field (RFC 9110 section 7.2), which is a name with or without port and nothing more. */
export function hostOfHost(host: string): string | null {
  const plain = PLAIN_HOST.exec(host)?.[1];
  if (plain !== undefined && isPlain(plain)) return plain;
  return /[\s/\\?#@]/.test(host) ? null : hostnameOf(`http://${host}`);
}

/** `example.com` matches itself, `*.example.com` every name with at least one label more and not `example.com`. */
export function compileDomains(domains: readonly string[]): HostMatcher {
  const exact = new Set(domains.filter((domain) => !domain.startsWith('*.')));
  const parents = new Set(domains.filter((domain) => domain.startsWith('*.')).map((domain) => domain.slice(2)));
  return (host) => {
    if (exact.has(host)) return true;
    if (parents.size === 0) return false;
    for (let dot = host.indexOf('.'); dot > 0; dot = host.indexOf('.', dot + 1))
      if (parents.has(host.slice(dot + 1))) return true;
    return false;
  };
}
