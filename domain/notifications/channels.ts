import {
  type ChannelItem,
  deleteChannel,
  insertChannel,
  listChannels as listStatement,
  MAX_CHANNELS,
  readChannel as readStatement,
  rotateSecret as rotateStatement,
  type StoredSecret,
  updateChannel,
} from '../../drizzle/repositories/notification-channels.ts';
import type { CallerContext } from '../context.ts';
import { DomainError, Invalid } from '../errors.ts';
import { change, type Replacement, remove } from '../resources/change.ts';
import { type Creation, create } from '../resources/create.ts';
import { hashOf } from '../resources/idempotency.ts';
import { list, type Page, type PageQuery, readOne } from '../resources/read.ts';
import type { ChannelPatch, NewChannel } from './schema.ts';
import { readTarget } from './target-address.ts';

const TAKEN = 'Another channel has this name; choose another one.';
const SECRET_BYTES = 32;

const invalid = (field: string, reason: string) => new Invalid(`${field}: ${reason}`, [{ field, reason }]);

/** Of a webhook: shown once, when it was made. */
export type WithSecret = ChannelItem & { secret: string | null };

export const listChannels = (ctx: CallerContext, query: PageQuery): Promise<Page<ChannelItem>> =>
  list(ctx, listStatement, { action: 'notification.channel.list', key: {}, ...query, order: ['text'] });

/** @throws NotFound */
export const readChannel = (ctx: CallerContext, channelId: string): Promise<ChannelItem> =>
  readOne(ctx, readStatement, { action: 'notification.channel.read', key: { channelId } });

/** @returns the origin, which is all that is shown of an address @throws Invalid */
function assertTarget({ settings }: CallerContext, url: string): string {
  const target = readTarget(url, settings.notifyPrivateTargets);
  if ('problem' in target) throw invalid('url', target.problem);
  return target.url.origin;
}

async function wrapped(ctx: CallerContext, channelId: string, use: StoredSecret['use'], text: string) {
  const id = ctx.newId();
  return { use, id, ...(await ctx.channelSecrets.wrap({ channelId, use, id }, text)) } satisfies StoredSecret;
}

/** As Standard Webhooks writes it; a signing key has 24 to 64 bytes. */
const newSecret = () => `whsec_${crypto.getRandomValues(new Uint8Array(SECRET_BYTES)).toBase64()}`;

/**
 * Said again with its Idempotency-Key it is the first channel, without the secret: that is shown to nobody twice.
 * @throws Invalid, DomainError conflict | idempotency_key_reused
 */
export async function createChannel(ctx: CallerContext, given: NewChannel, o: Creation): Promise<WithSecret> {
  const { type, name, events, enabled } = given;
  if (type === 'email' && !ctx.mail)
    throw invalid('type', 'this deployment sends no e-mail: it needs the binding EMAIL and NOTIFY_EMAIL_FROM');
  const id = ctx.newId();
  const url = 'url' in given ? given.url : null;
  const settings = 'url' in given ? { origin: assertTarget(ctx, given.url) } : { recipients: given.recipients };
  const secret = type === 'webhook' ? newSecret() : null;
  const secrets = [
    ...(url === null ? [] : [await wrapped(ctx, id, 'target', url)]),
    ...(secret === null ? [] : [await wrapped(ctx, id, 'signing', secret)]),
  ];
  const made = await create(ctx, insertChannel, {
    action: 'notification.channel.create',
    id,
    key: { secrets: JSON.stringify(secrets) },
    // Wrapped twice, one address is two texts.
    place: { secrets: url === null ? '' : await hashOf(url) },
    values: { type, name, events, enabled, settings },
    taken: TAKEN,
    refusals: {
      full: () => new DomainError('conflict', `There are at most ${MAX_CHANNELS} channels; delete one first.`),
    },
    ...o,
  });
  return { ...made, secret: made.id === id ? secret : null };
}

const refusals = {
  no_url: () => invalid('url', 'an e-mail channel has recipients'),
  not_email: () => invalid('recipients', 'only an e-mail channel has recipients'),
  nobody: () => invalid('recipients', 'must name somebody before the channel can be enabled'),
};

/** @throws NotFound, Invalid, DomainError stale_version | conflict */
export async function changeChannel(
  ctx: CallerContext,
  channelId: string,
  { url, recipients, ...rest }: ChannelPatch,
  o: Replacement,
): Promise<ChannelItem> {
  if (url !== undefined && recipients !== undefined)
    throw invalid('recipients', 'a channel has an address or recipients, never both');
  const secrets = url === undefined ? [] : [await wrapped(ctx, channelId, 'target', url)];
  const settings = url !== undefined ? { origin: assertTarget(ctx, url) } : recipients && { recipients };
  const { item } = await change(ctx, updateChannel, {
    action: 'notification.channel.update',
    key: { channelId, secrets: JSON.stringify(secrets) },
    patch: settings ? { ...rest, settings } : rest,
    taken: TAKEN,
    refusals,
    ...o,
  });
  return item;
}

/** Its deliveries go with it. @throws NotFound, DomainError stale_version */
export async function removeChannel(ctx: CallerContext, channelId: string, o: Replacement): Promise<void> {
  await remove(ctx, deleteChannel, { action: 'notification.channel.delete', key: { channelId }, ...o });
}

/**
 * A new secret, which signs from now on; the one before it signs beside it for `overlapSeconds`.
 * @throws NotFound, Invalid, DomainError stale_version | conflict
 */
export async function rotateSecret(
  ctx: CallerContext,
  channelId: string,
  { overlapSeconds }: { overlapSeconds: number },
  o: Replacement,
): Promise<WithSecret> {
  const secret = newSecret();
  const { item } = await change(ctx, rotateStatement, {
    action: 'notification.channel.rotate-secret',
    key: { channelId, overlapSeconds, secrets: JSON.stringify([await wrapped(ctx, channelId, 'signing', secret)]) },
    patch: {},
    refusals: {
      not_webhook: () => invalid('type', 'only a webhook has a secret of its own'),
      two: () =>
        new DomainError(
          'conflict',
          'Two secrets sign already, until rotationEndsAt; wait for it, or ask for overlapSeconds 0, which leaves the new one alone.',
        ),
    },
    ...o,
  });
  return { ...item, secret };
}
