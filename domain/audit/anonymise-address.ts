import ipaddr from 'ipaddr.js';

/** Stands for "no address": the unspecified IPv6 address. */
export const NO_ADDRESS = '::';

/**
 * Cuts an address down to its network, IPv4 to /24 (IPv4-mapped too) and IPv6 to /48, so that no person is stored.
 * @returns text that ClickHouse's IPv6 type reads; `::` for what is no address
 */
export function anonymiseAddress(address: string | undefined): string {
  if (!address || !ipaddr.isValid(address)) return NO_ADDRESS;
  const parsed = ipaddr.process(address);
  const bytes = parsed.toByteArray();
  if (parsed instanceof ipaddr.IPv4) return `::ffff:${new ipaddr.IPv4([...bytes.slice(0, 3), 0]).toString()}`;
  return new ipaddr.IPv6([...bytes.slice(0, 6), ...new Array<number>(10).fill(0)]).toString();
}
