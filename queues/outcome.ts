/** What becomes of a delivery. Consumers return it; only dispatch.ts touches messages. */
export type Outcome =
  | { kind: 'ack' }
  | { kind: 'retry'; delaySeconds: number; reason: string }
  | { kind: 'dead'; reason: string };

export const ack: Outcome = { kind: 'ack' };
export const retry = (delaySeconds: number, reason: string): Outcome => ({ kind: 'retry', delaySeconds, reason });
export const dead = (reason: string): Outcome => ({ kind: 'dead', reason });

/**
 * Exponential back-off with jitter over its upper half.
 * @param attempts deliveries so far, from 1
 * @param random a number in [0, 1)
 * @param longest seconds, at most 2^20
 * @returns seconds, 1 to `longest`
 */
export function backoff(attempts: number, random: number, longest = 300): number {
  const ceiling = Math.min(longest, 2 ** Math.min(attempts, 20));
  return Math.max(1, Math.round(ceiling * (0.5 + random / 2)));
}
