const BLOCK_BYTES = 1 << 20;

export interface Collector {
  add(bytes: Uint8Array): void;
  /** Everything added, in order. The collector is empty afterwards. */
  take(): Uint8Array<ArrayBuffer>;
}

/** Gathers many small pieces in few large blocks: a thousand pages come in tens of thousands of pieces. */
export function collectBytes(): Collector {
  let full: Uint8Array[] = [];
  let block = new Uint8Array(BLOCK_BYTES);
  let used = 0;
  return {
    add(bytes) {
      let rest = bytes;
      while (rest.length) {
        const part = rest.subarray(0, BLOCK_BYTES - used);
        block.set(part, used);
        used += part.length;
        rest = rest.subarray(part.length);
        if (used < BLOCK_BYTES) continue;
        full.push(block);
        block = new Uint8Array(BLOCK_BYTES);
        used = 0;
      }
    },
    take() {
      const all = new Uint8Array(full.length * BLOCK_BYTES + used);
      full.forEach((part, index) => {
        all.set(part, index * BLOCK_BYTES);
      });
      all.set(block.subarray(0, used), full.length * BLOCK_BYTES);
      full = [];
      used = 0;
      return all;
    },
  };
}
