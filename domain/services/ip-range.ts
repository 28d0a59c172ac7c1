import ipaddr from 'ipaddr.js';

/**
 * The one spelling of an IPv4/IPv6 address or CIDR range: compressed, lower case, host bits cleared, IPv4-mapped as IPv4.
 * @returns null for anything else
 */
export function normaliseIpRange(text: string): string | null {
  // ipaddr.js also reads octal, hexadecimal and shortened IPv4, and ::1.2.3.4 as ::ffff:1.2.3.4: an allow-list must not mean
  // something else to its reader.
  if (
    !/^(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f:]*:[0-9a-f:.]*)(?:\/(?:0|[1-9]\d{0,2}))?$/i.test(text) ||
    /(?:^|[.:])0\d+\.|\.0\d|^::\d+\./.test(text)
  )
    return null;
  try {
    return text.includes('/') ? withoutFullPrefix(networkOf(text)) : ipaddr.process(text).toString();
  } catch {
    return null;
  }
}

/** A network of one address is that address. */
const withoutFullPrefix = (range: string) => range.replace(range.includes(':') ? /\/128$/ : /\/32$/, '');

/**
 * Whether an address is in a range, both as normaliseIpRange spells them. A range of one family holds no address of the other.
 * @throws Error for text of another form
 */
export function ipRangeContains(range: string, address: string): boolean {
  const [network, bits] = ipaddr.parseCIDR(range.includes('/') ? range : `${range}/${range.includes(':') ? 128 : 32}`);
  const host = ipaddr.parse(address);
  return host.kind() === network.kind() && host.match(network, bits);
}

function networkOf(text: string): string {
  const [written, prefix] = ipaddr.parseCIDR(text);
  if (written instanceof ipaddr.IPv4) return `${ipaddr.IPv4.networkAddressFromCIDR(text)}/${prefix}`;
  if (prefix >= 96 && written.isIPv4MappedAddress()) return networkOf(`${written.toIPv4Address()}/${prefix - 96}`);
  return `${ipaddr.IPv6.networkAddressFromCIDR(text)}/${prefix}`;
}
