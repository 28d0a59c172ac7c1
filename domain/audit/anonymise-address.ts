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

/** Addresses in a header's list or with a port: `203.0.113.9, [2001:db8::1]:4711`, `for=192.0.2.60;proto=https`. */
const ADDRESSES =
  /\[([\da-f:.]{2,45}(?:%\w{1,20})?)\](?::\d{1,5})?|(?<![\da-f:.])(\d{1,3}(?:\.\d{1,3}){3})(?::\d{1,5})?(?!\.?\d)|[\da-f:.]*:[\da-f:.]+(?:%\w{1,20})?/gi;

/** Every address in `text` anonymised, without its port; the rest of the text stays. */
export function anonymiseAddresses(text: string): string {
  if (ipaddr.isValid(text.trim())) return anonymiseAddress(text.trim());
  return text.replace(ADDRESSES, (match, bracketed?: string, version4?: string) => {
    const address = bracketed ?? version4 ?? match;
    return ipaddr.isValid(address) ? anonymiseAddress(address) : match;
  });
}
