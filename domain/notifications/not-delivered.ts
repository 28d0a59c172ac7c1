/** Why a try did not deliver. Stands in the delivery log; none of them holds an address. */
export const DELIVERY_ERRORS = [
  'timed_out',
  // No connection, or one that broke: TLS too.
  'unreachable',
  'redirected',
  // With a status that is no success; the delivery says which.
  'answered',
  // 410: nothing is wanted any more.
  'gone',
  // Its address may not be a target any more.
  'target_refused',
  'target_private',
  'target_unknown',
  'resolver_away',
  // No key of the environment opens its address or secrets.
  'not_readable',
  'mail_refused',
  'mail_not_configured',
  'channel_off',
  'recipient_gone',
] as const;
export type DeliveryError = (typeof DELIVERY_ERRORS)[number];

/** Nobody's receiver is to blame: they count against no channel. */
const OUR_OWN: readonly DeliveryError[] = ['resolver_away', 'not_readable', 'mail_not_configured'];

interface Details {
  answeredStatus?: number;
  /** How long the receiver asks to be left alone, seconds. */
  afterSeconds?: number;
}

/** A receiver did not take a notification. */
export class NotDelivered extends Error {
  override name = 'NotDelivered';
  readonly code: DeliveryError;
  readonly answeredStatus: number | null;
  readonly afterSeconds: number;

  constructor(code: DeliveryError, { answeredStatus, afterSeconds = 0 }: Details = {}) {
    super(code);
    this.code = code;
    this.answeredStatus = answeredStatus ?? null;
    this.afterSeconds = afterSeconds;
  }

  get countsAgainstChannel(): boolean {
    return !OUR_OWN.includes(this.code);
  }
}
