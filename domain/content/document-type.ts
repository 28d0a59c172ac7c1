export type DocumentType = 'application/pdf' | 'text/markdown';

/** RFC 8118 section 8: a version follows. */
const PDF = /^%PDF-\d\.\d/;
/** Tab, line feed and carriage return are text; what else controls something is not. */
const CONTROL = /(?![\t\n\r])\p{Cc}/u;
const PIECE = 256 * 1024;
const [HYPHEN, GREATER_THAN] = [0x2d, 0x3e];
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];
const SPACE = new Set([0x09, 0x0a, 0x0c, 0x0d, 0x20]);
/** Text formats of their own that a browser or an office program would take a file for. */
const OTHER_FORMAT =
  /^(?:<(?:!doctype|html|head|body|title|meta|link|base|style|script|iframe|svg)\b|<\?|\{\\rtf|%!PS)/i;

/** What a file is, by its content alone; null: neither of the two. */
export function typeOf(bytes: Uint8Array): DocumentType | null {
  if (PDF.test(latin1(bytes, 0))) return 'application/pdf';
  return isText(bytes) && !OTHER_FORMAT.test(latin1(bytes, firstWord(bytes))) ? 'text/markdown' : null;
}

const latin1 = (bytes: Uint8Array, from: number) => String.fromCharCode(...bytes.subarray(from, from + 20));

/** UTF-8 without control characters. Decoded piece by piece: the whole text would take twice the room of the file. */
function isText(bytes: Uint8Array): boolean {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });
  try {
    for (let at = 0; at < bytes.length; at += PIECE)
      if (CONTROL.test(decoder.decode(bytes.subarray(at, at + PIECE), { stream: true }))) return false;
    decoder.decode();
    return true;
  } catch {
    return false;
  }
}

/** Where the text begins, behind its byte order mark, space and comments: HTML often has comments before its first tag. */
function firstWord(bytes: Uint8Array): number {
  let at = BYTE_ORDER_MARK.every((byte, i) => bytes[i] === byte) ? 3 : 0;
  for (;;) {
    while (SPACE.has(bytes[at] ?? 0)) at++;
    if (!latin1(bytes, at).startsWith('<!--')) return at;
    at = endOfComment(bytes, at + 4);
  }
}

function endOfComment(bytes: Uint8Array, from: number): number {
  for (let at = bytes.indexOf(GREATER_THAN, from); at >= 0; at = bytes.indexOf(GREATER_THAN, at + 1))
    if (at >= from + 2 && bytes[at - 1] === HYPHEN && bytes[at - 2] === HYPHEN) return at + 1;
  return bytes.length;
}

/** The type a Content-Type header declares (RFC 7763 for Markdown, in UTF-8); null: another one, or none. */
export function declaredType(header: string): DocumentType | null {
  const type = header.split(';', 1)[0]?.trim().toLowerCase();
  const charset = /;\s*charset\s*=\s*"?([^";\s]*)/i.exec(header)?.[1]?.toLowerCase() ?? 'utf-8';
  if (type === 'application/pdf') return type;
  return type === 'text/markdown' && charset === 'utf-8' ? type : null;
}
