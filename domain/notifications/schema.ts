import * as z from 'zod';
import { freeText } from '../services/free-text.ts';
import { SUBSCRIBABLE } from './events.ts';

const name = freeText(200).min(1, 'must not be empty');
/** In one order, so that the same ones are no change. */
const events = z
  .array(z.enum(SUBSCRIBABLE))
  .min(1, 'must name at least one event')
  .transform((types) => SUBSCRIBABLE.filter((type) => types.includes(type)));
const url = z.string().min(1, 'must not be empty').max(2000);
/** Cloudflare takes 50 a message; more people than these are a mailing list. */
const recipients = z
  .array(z.email('must be an e-mail address').max(254))
  .min(1, 'must name somebody')
  .max(20, 'must be at most 20; use a mailing list')
  .transform((all) => [...new Map(all.map((address) => [address.toLowerCase(), address])).values()]);

const settings = { name, events, enabled: z.boolean().default(true) };

export const newChannel = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('webhook'), url, ...settings }),
  z.strictObject({ type: z.literal('slack'), url, ...settings }),
  z.strictObject({ type: z.literal('email'), recipients, ...settings }),
]);
export type NewChannel = z.infer<typeof newChannel>;

export const channelPatch = z.strictObject({ name, url, recipients, events, enabled: z.boolean() }).partial();
export type ChannelPatch = z.infer<typeof channelPatch>;

const DAY_SECONDS = 86_400;

/** How long the secret of before still signs beside the new one. */
export const rotation = z.strictObject({
  overlapSeconds: z
    .int()
    .min(0)
    .max(7 * DAY_SECONDS)
    .default(DAY_SECONDS),
});
