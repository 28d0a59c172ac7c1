import { create } from 'content-disposition';

// File systems take 255 bytes; what a browser adds, such as " (1)", fits too.
const MAX_BYTES = 200;
const NAMELESS = 'download';
const EXTENSION = /(\.[A-Za-z0-9]{1,8}){1,2}$/;
// Devices to Windows whatever follows the first dot.
const DEVICE = /^(con|prn|aux|nul|conin\$|conout\$|com\d|lpt\d)\s*(\.|$)/i;

/** Content-Disposition (RFC 6266, RFC 8187) that saves under `fileName`, or what of it is harmless on every system. ASCII only. */
export function attachment(fileName: string): string {
  // Compatibility forms first: a full-width slash or dot becomes one where old programs guess the nearest ASCII.
  const name = harmless(fileName.normalize('NFKC'));
  // Taking marks off can uncover signs, such as "<" under a stroke. And some browsers decode percent signs here.
  const ascii = name.normalize('NFKD').replace(/\p{M}/gu, '');
  return create(name, { fallback: harmless(ascii.replace(/[^\x20-\x7e]|%/gu, '_')) });
}

function harmless(text: string): string {
  const name = text
    // Controls, invisible and direction-changing signs, halves of pairs, and what file systems or shells of old give a meaning.
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}/\\:*?"<>|]/gu, '_')
    .replace(/^[\s.-]+|[\s.]+$/gu, '');
  const [extension = ''] = EXTENSION.exec(name) ?? [];
  const stem = cut(name.slice(0, name.length - extension.length), MAX_BYTES - extension.length);
  const whole = `${stem}${extension}`.replace(/^[\s.-]+|[\s.]+$/gu, '') || NAMELESS;
  return DEVICE.test(whole) ? `_${whole}` : whole;
}

/** As many whole characters as fit. */
function cut(text: string, maxBytes: number): string {
  const room = new Uint8Array(maxBytes);
  const { written } = new TextEncoder().encodeInto(text, room);
  return new TextDecoder().decode(room.subarray(0, written));
}
