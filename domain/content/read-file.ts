import { DomainError, Malformed } from '../errors.ts';

/**
 * Reads an upload into memory, never more than `maxBytes` of it.
 * @param declared its Content-Length, when there is one
 * @throws DomainError body_too_large, Malformed for one that is empty or breaks off
 */
export async function readFile(
  body: ReadableStream<Uint8Array> | null,
  declared: number | null,
  maxBytes: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const tooLarge = () => new DomainError('body_too_large', `The file may have ${maxBytes} bytes.`);
  if (declared !== null && declared > maxBytes) throw tooLarge();
  const whole = new Uint8Array(declared ?? maxBytes);
  let filled = 0;
  const reader = body?.getReader();
  for (let part = await next(reader); part; part = await next(reader)) {
    if (filled + part.length > whole.length) {
      await reader?.cancel().catch(() => undefined);
      throw tooLarge();
    }
    whole.set(part, filled);
    filled += part.length;
  }
  if (declared !== null && filled < declared) throw brokenOff();
  if (filled === 0) throw new Malformed('The body is empty; send the file itself as the body.');
  return whole.subarray(0, filled);
}

const brokenOff = (cause?: unknown) => new Malformed('The file broke off on its way; send it again.', { cause });

async function next(reader: ReadableStreamDefaultReader<Uint8Array> | undefined): Promise<Uint8Array | undefined> {
  try {
    return (await reader?.read())?.value;
  } catch (cause) {
    throw brokenOff(cause);
  }
}
