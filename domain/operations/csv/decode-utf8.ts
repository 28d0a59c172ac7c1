/** How many bytes at the end begin a character whose other bytes are still to come. */
function unfinished(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) return back < (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) ? back : 0;
  }
  return 0;
}

/** The BOM is kept: a decoder that drops it would drop each U+FEFF that happens to begin a piece. */
const strict = () => new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The text before the first byte that cannot be UTF-8: the longest beginning that a strict decoder takes. */
function beforeFault(bytes: Uint8Array): string {
  let [good, bad] = [0, bytes.length];
  let text = '';
  while (bad - good > 1) {
    const middle = (good + bad) >>> 1;
    try {
      text = strict().decode(bytes.subarray(0, middle), { stream: true });
      good = middle;
    } catch {
      bad = middle;
    }
  }
  return text;
}

export interface Decoded {
  text: string;
  /** What comes behind `text` is not UTF-8. */
  isBroken: boolean;
}

/**
 * Turns the pieces of a file into text, wherever they were cut. The BOM is dropped.
 * @returns a function that takes the next piece; `isEnd` says that no other will come
 */
export function createUtf8Decoder(): (piece: Uint8Array, isEnd: boolean) => Decoded {
  const decoder = strict();
  let held = new Uint8Array(0);
  let isStart = true;

  function decode(bytes: Uint8Array): Decoded {
    try {
      return { text: decoder.decode(bytes), isBroken: false };
    } catch {
      return { text: beforeFault(bytes), isBroken: true };
    }
  }

  return (piece, isEnd) => {
    const bytes = new Uint8Array(held.length + piece.length);
    bytes.set(held);
    bytes.set(piece, held.length);
    const whole = isEnd ? bytes.length : bytes.length - unfinished(bytes);
    held = bytes.slice(whole);
    const { text, isBroken } = decode(bytes.subarray(0, whole));
    if (!isStart || text === '') return { text, isBroken };
    isStart = false;
    return { text: text.startsWith('\ufeff') ? text.slice(1) : text, isBroken };
  };
}
