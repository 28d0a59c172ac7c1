/** Bytes that both sides of a measurement can make for themselves: the same for the same length, and no zeros. */
export function patternBytes(length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = 32 + ((i * 31 + (i >> 7)) % 91);
  return bytes;
}
