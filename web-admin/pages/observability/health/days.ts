import type { SystemStatus } from '../../../api/schema.gen.ts';

export type Day = SystemStatus['components'][number]['days'][number];

/** A slow minute is no bad day. */
const SLOW_MINUTES = 10;
const BAD_SHARE = 0.99;

/** What a day is shown as; none: nobody looked. */
export function lookOf({ uptime, down, degraded }: Day): 'ok' | 'degraded' | 'down' | 'none' {
  if (uptime === null) return 'none';
  if (down > 0) return uptime < BAD_SHARE ? 'down' : 'degraded';
  return degraded > SLOW_MINUTES ? 'degraded' : 'ok';
}

/** Rounded down to hundredths of a percent: 100 % says that it was never away. */
export const sharePercent = (share: number): number => Math.floor(share * 10_000) / 10_000;
