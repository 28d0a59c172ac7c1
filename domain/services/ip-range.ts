import ipaddr from 'ipaddr.js';

/**
 * The one spelling of an IPv4/IPv6 address or CIDR range: compressed, lower case, host bits cleared, IPv4-mapped as IPv4.
 * @returns null for anything else
 */
export function normaliseIpRange(text: string): string | null {
  // ipaddr.js also reads octal, hexadecimal and shortened IPv4: an allow-list must not mean something else to its reader.
  if (
    !/^(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f:]*:[0-9a-f:.]*)(?:\/\d{1,3})?$/i.test(text) ||
    /(?:^|[.:])0\d+\./.test(text)
  )
    return null;
  try {
    if (!text.includes('/')) return ipaddr.process(text).toString();
    const [address, bits] = ipaddr.parseCIDR(text);
    const network =
      address instanceof ipaddr.IPv4
        ? ipaddr.IPv4.networkAddressFromCIDR(`${address}/${bits}`)
        : ipaddr.IPv6.networkAddressFromCIDR(`${address}/${bits}`);
    return `${network.toString()}/${bits}`;
  } catch {
    return null;
  }
}
