const HEADER = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]([0-9a-f])(?:-.*)?$/;

/** W3C Trace Context: a trace, as it goes on in one invocation. */
export interface Trace {
  traceId: string;
  /** What calls made here say of it; the span is the invocation's own. Its last digit tells whether the trace is recorded. */
  traceparent: string;
}

/** The last of a trace id's digits are random, so that whoever looks at the same trace decides the same. */
export const isDrawn = (traceId: string, percent: number) =>
  Number.parseInt(traceId.slice(-8), 16) < (percent / 100) * 2 ** 32;

export const isRecorded = (traceparent: string) => traceparent.endsWith('1');

/** Goes on with the trace a `traceparent` tells of, recorded or not as it says; else begins one, of which `percent` in a hundred are recorded. */
export function continueTrace(header: unknown, percent: number): Trace {
  const ids = crypto.randomUUID().replaceAll('-', '');
  const [, given, flags = '0'] = (typeof header === 'string' && HEADER.exec(header)) || [];
  const traceId = given ?? crypto.randomUUID().replaceAll('-', '');
  const recorded = given === undefined ? isDrawn(traceId, percent) : Number.parseInt(flags, 16) % 2 === 1;
  return { traceId, traceparent: `00-${traceId}-${ids.slice(16)}-0${recorded ? 1 : 0}` };
}
