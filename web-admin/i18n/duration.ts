import { useMemo } from 'react';
import { usePreferences } from '../shell/preferences.ts';

const UNITS = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
] as const;

/** A stretch of time → its two largest units: 3 min 5 sec. At least a second, for nothing is done in none. */
export function partsOf(seconds: number): { unit: (typeof UNITS)[number][0]; count: number }[] {
  let left = Math.max(1, Math.round(seconds));
  const parts = UNITS.map(([unit, size]) => {
    const count = Math.floor(left / size);
    left -= count * size;
    return { unit, count };
  });
  const first = parts.findIndex(({ count }) => count > 0);
  return parts.slice(first, first + 2).filter(({ count }) => count > 0);
}

/** Seconds as people read them, in their language. */
export function useDuration(): (seconds: number) => string {
  const { language } = usePreferences();
  return useMemo(() => {
    const list = new Intl.ListFormat(language, { type: 'unit', style: 'narrow' });
    const inUnit = (unit: string, count: number) =>
      new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'short' }).format(count);
    return (seconds) => list.format(partsOf(seconds).map(({ unit, count }) => inUnit(unit, count)));
  }, [language]);
}
