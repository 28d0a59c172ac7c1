import fc from 'fast-check';
import { expect, test } from 'vitest';
import { lookOf, sharePercent } from './days.ts';

test('a day without a look is nothing, and one that was away for long is down', () => {
  const minutes = fc.nat(1440);
  fc.assert(
    fc.property(minutes, minutes, minutes, (ok, degraded, down) => {
      const all = ok + degraded + down;
      const look = lookOf({ day: '2026-11-23', ok, degraded, down, uptime: all === 0 ? null : (ok + degraded) / all });
      if (all === 0) expect(look).toBe('none');
      else if (down / all > 0.01) expect(look).toBe('down');
      else expect(look).toBe(down > 0 || degraded > 10 ? 'degraded' : 'ok');
    }),
  );
});

test('no share is shown as better than it was', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1, noNaN: true }), (share) => {
      expect(sharePercent(share)).toBeLessThanOrEqual(share);
      expect(share - sharePercent(share)).toBeLessThan(0.0001);
    }),
  );
});
