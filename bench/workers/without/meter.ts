import type { Meter as Whole } from '../../../domain/observability/meter.ts';

/** In the place of the meter: nothing is counted, nothing handed over. */
export class Meter implements Pick<Whole, keyof Whole> {
  count(): void {
    // Nobody wants to know.
  }

  observe(): void {
    // Nobody wants to know.
  }

  sendSoon(): void {
    // There is nothing to send.
  }

  async send(): Promise<void> {
    // There is nothing to send.
  }
}
