/** workerd has Node's zlib of its own; the types of Node would bring all of Node with them. */
declare module 'node:zlib' {
  /** CRC-32 (ISO 3309) of `data`; `value`: of what stands before it. */
  export function crc32(data: Uint8Array, value?: number): number;
}
