import { describe, expect, it } from 'vitest';
import { continueTrace, isDrawn, isRecorded } from './trace-context.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';
const OURS = /^00-([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-0[01]$/;

describe('a trace', () => {
  it.each(['00', '01', '03', 'fe'])(
    'goes on under its id, with a span of our own, recorded as it says: flags %s',
    (flags) => {
      const { traceId, traceparent } = continueTrace(`00-${TRACE}-${SPAN}-${flags}`, 100);
      expect(traceId).toBe(TRACE);
      expect(OURS.exec(traceparent)?.[1]).toBe(TRACE);
      expect(traceparent).not.toContain(SPAN);
      expect(isRecorded(traceparent)).toBe(Number.parseInt(flags, 16) % 2 === 1);
    },
  );

  it.each([
    undefined,
    null,
    5,
    '',
    `00-${'0'.repeat(32)}-${SPAN}-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
    `ff-${TRACE}-${SPAN}-01`,
    `00-${TRACE.toUpperCase()}-${SPAN}-01`,
    `00-${TRACE}-${SPAN}-01'*/; DROP TABLE admins`,
    `00-${TRACE}'--${SPAN}-01`,
  ])('begins anew where none is told of: %s', (header) => {
    const { traceId, traceparent } = continueTrace(header, 0);
    expect(traceId).not.toBe(TRACE);
    expect(OURS.exec(traceparent)?.[1]).toBe(traceId);
    expect(isRecorded(traceparent)).toBe(false);
  });

  it('has a new span each time, and is recorded as often as is asked for', () => {
    const begun = Array.from({ length: 2000 }, () => continueTrace(undefined, 20));
    expect(new Set(begun.map(({ traceparent }) => traceparent.split('-')[2])).size).toBe(2000);
    const recorded = begun.filter(({ traceparent }) => isRecorded(traceparent));
    expect(recorded.every(({ traceId }) => isDrawn(traceId, 20))).toBe(true);
    expect(recorded.length).toBeGreaterThan(280);
    expect(recorded.length).toBeLessThan(520);
  });
});
