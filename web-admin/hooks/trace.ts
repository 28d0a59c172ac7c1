/** The trace that what happens now belongs to (W3C Trace Context): a click, and every call that comes of it. */
const hex = (bytes: number): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(bytes)), (byte) => byte.toString(16).padStart(2, '0')).join('');

let current = hex(16);

export interface SpanIds {
  /** 32 hex digits. */
  traceId: string;
  /** 16 hex digits. */
  spanId: string;
}

/** A new trace begins: of a click, a submitted form, a page. */
export function beginTrace(): SpanIds {
  current = hex(16);
  return currentSpan();
}

/** A span of the trace that goes on. */
export const currentSpan = (): SpanIds => ({ traceId: current, spanId: hex(8) });

/** For a request's header. Not sampled: a browser records no spans of its own. */
export function traceparent(): string {
  const { traceId, spanId } = currentSpan();
  return `00-${traceId}-${spanId}-00`;
}
