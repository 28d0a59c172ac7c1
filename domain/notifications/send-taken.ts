import type { StoredSecret } from '../../drizzle/repositories/notification-channels.ts';
import type { TakenRow } from '../../drizzle/repositories/notification-sends.ts';
import type { Context } from '../context.ts';
import { type Note, signedWebhook, slackBody, textOf } from './compose.ts';
import { isEventType } from './events.ts';
import { NotDelivered } from './not-delivered.ts';
import { post } from './post.ts';

/** @returns the status that a receiver answered; null of an e-mail @throws NotDelivered */
export async function sendTaken(ctx: Context, taken: TakenRow): Promise<number | null> {
  const { notification_id: id, type, occurred_at, payload: data, channel_type, channel_id } = taken;
  if (!isEventType(type)) throw new Error(`a delivery of an event nobody knows: ${type}`);
  const note = { id, type, occurredAt: new Date(occurred_at), data };
  if (channel_id === null) return mail(ctx, note, [taken.email ?? '']);
  if (channel_type === 'email') return mail(ctx, note, taken.recipients ?? []);
  const opened = (use: StoredSecret['use']) => open(ctx, channel_id, taken.secrets, use);
  const [address] = await opened('target');
  if (address === undefined) throw new NotDelivered('not_readable');
  if (channel_type === 'slack')
    return post(ctx, address, { headers: {}, body: slackBody(note, ctx.settings.publicUrl) });
  const secrets = await opened('signing');
  if (secrets.length === 0) throw new NotDelivered('not_readable');
  return post(ctx, address, signedWebhook(note, secrets, ctx.now()));
}

async function open(
  { channelSecrets }: Context,
  channelId: string,
  stored: readonly StoredSecret[],
  use: StoredSecret['use'],
): Promise<string[]> {
  const ofUse = stored.filter((secret) => secret.use === use);
  const opened = ofUse.map((secret) => channelSecrets.unwrap({ channelId, use, id: secret.id }, secret));
  return (await Promise.all(opened)).filter((text) => text !== null);
}

async function mail(ctx: Context, note: Note, to: readonly string[]): Promise<null> {
  if (!ctx.mail) throw new NotDelivered('mail_not_configured');
  const headers = { 'X-Steward-Notification': note.id };
  try {
    await ctx.mail.send({ to, ...textOf(note, ctx.settings.publicUrl), headers });
  } catch {
    // What it says may hold an address.
    throw new NotDelivered('mail_refused');
  }
  return null;
}
