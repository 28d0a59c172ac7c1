import ipaddr from 'ipaddr.js';
import { normaliseIpRange } from '../services/ip-range.ts';

/** Whether an address is in one of many ranges. */
export type AddressMatcher = (address: Address) => boolean;

/** An address in the form ranges are compared in: IPv4 as a number, IPv6 as 32 hexadecimal digits. */
export type Address = number | string;

/** Four decimal parts without leading zeros; null for anything else. Written out because every check of a visitor passes here. */
function parseIPv4(text: string): number | null {
  let [value, part, digits, dots] = [0, 0, 0, 0];
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 46) {
      if (digits === 0 || ++dots > 3) return null;
      value = value * 256 + part;
      [part, digits] = [0, 0];
    } else {
      if (code < 48 || code > 57 || (digits > 0 && part === 0)) return null;
      part = part * 10 + code - 48;
      if (++digits > 3 || part > 255) return null;
    }
  }
  return dots === 3 && digits > 0 ? value * 256 + part : null;
}

const hexOf = (bytes: readonly number[]) => bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('');

/** An IPv4-mapped IPv6 address is that IPv4 address. Null for what is no address, a range or a zone id among it. */
export function parseAddress(text: string): Address | null {
  const plain = parseIPv4(text);
  if (plain !== null) return plain;
  if (!text.includes(':') || text.includes('/')) return null;
  const normal = normaliseIpRange(text);
  if (normal === null) return null;
  return normal.includes(':') ? hexOf(ipaddr.IPv6.parse(normal).toByteArray()) : parseIPv4(normal);
}

interface Range<T> {
  first: T;
  last: T;
}

/** First and last address of `bits` fixed bits of an IPv4 address. */
function rangeOfIPv4(first: number, bits: number): Range<number> {
  return { first, last: first + 2 ** (32 - bits) - 1 };
}

function rangeOfIPv6(text: string, bits: number): Range<string> {
  const first = ipaddr.IPv6.parse(text).toByteArray();
  const last = first.map((byte, i) => byte | (255 >> Math.min(8, Math.max(0, bits - i * 8))));
  return { first: hexOf(first), last: hexOf(last) };
}

/** Sorted, and those that touch or overlap made one: at most one of them can hold an address. */
function merged<T extends Address>(ranges: Range<T>[]): Range<T>[] {
  const result: Range<T>[] = [];
  for (const range of ranges.toSorted((a, b) => (a.first < b.first ? -1 : a.first > b.first ? 1 : 0))) {
    const before = result.at(-1);
    if (!before || range.first > before.last) result.push({ ...range });
    else if (range.last > before.last) before.last = range.last;
  }
  return result;
}

function holds<T extends Address>(ranges: readonly Range<T>[], address: T): boolean {
  let [low, high] = [0, ranges.length - 1];
  while (low <= high) {
    const middle = (low + high) >> 1;
    const { first, last } = ranges[middle] as Range<T>;
    if (address < first) high = middle - 1;
    else if (address > last) low = middle + 1;
    else return true;
  }
  return false;
}

/**
 * One matcher for ranges as normaliseIpRange spells them. Ranges of IPv4 hold IPv4 addresses only and those of IPv6 IPv6
 * addresses only: ::/0 is no way in for 203.0.113.9.
 * @throws Error for text of another form
 */
export function compileRanges(ranges: readonly string[]): AddressMatcher {
  const [four, six]: [Range<number>[], Range<string>[]] = [[], []];
  for (const range of ranges) {
    const [address = '', prefix] = range.split('/');
    const plain = parseIPv4(address);
    if (plain === null) six.push(rangeOfIPv6(address, Number(prefix ?? 128)));
    else four.push(rangeOfIPv4(plain, Number(prefix ?? 32)));
  }
  const [fours, sixes] = [merged(four), merged(six)];
  return (address) => (typeof address === 'number' ? holds(fours, address) : holds(sixes, address));
}
