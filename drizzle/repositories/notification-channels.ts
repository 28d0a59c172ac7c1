import { sql } from 'drizzle-orm';
import { notificationChannels, notificationSecrets } from '../schema/index.ts';
import { resource } from './resource.ts';
import { shown } from './row-json.ts';

export type ChannelType = 'webhook' | 'slack' | 'email';

export interface ChannelItem {
  id: string;
  type: ChannelType;
  name: string;
  settings: { origin?: string; recipients?: string[] };
  events: string[];
  enabled: boolean;
  enabledAt: string;
  disabledReason: 'by_admin' | 'gone' | 'failing' | 'no_recipients' | null;
  targetSetAt: string;
  rotatedAt: string | null;
  rotationEndsAt: string | null;
  failingSince: string | null;
  lastError: string | null;
  lastDeliveredAt: string | null;
  createdAt: string;
  updatedAt: string;
  version: number;
}

/** A secret of a channel as it is stored. */
export interface StoredSecret {
  use: 'target' | 'signing';
  id: string;
  wrapped: string;
  wrappedBy: string;
}

export const MAX_CHANNELS = 100;

const p = sql.placeholder;
const { failingSince, lastError, lastDeliveredAt } = notificationChannels;

const channel = resource<ChannelItem, { channelId: string }>({
  name: 'notification_channel',
  table: notificationChannels,
  fields: ['type', 'name', 'settings', 'events', 'enabled'],
  changeable: ['name', 'settings', 'events', 'enabled'],
  // How it goes is in every answer, and no state that anybody changed.
  hidden: ['failingSince', 'lastError', 'lastDeliveredAt'],
  key: { channelId: notificationChannels.id },
  about: 'everywhere',
  derived: {
    failingSince: (alias) => shown(alias, failingSince),
    lastError: (alias) => shown(alias, lastError),
    lastDeliveredAt: (alias) => shown(alias, lastDeliveredAt),
  },
});

/** What records show of the channel in this alias. */
export const channelState = channel.state;

/** JSON array of StoredSecret. */
interface Secrets {
  secrets: string;
}

const given = sql`jsonb_to_recordset(${p('secrets')}::jsonb) AS s (use text, id uuid, wrapped text, "wrappedBy" text)`;
const kept = (
  from: string,
) => sql`INSERT INTO ${notificationSecrets} (channel_id, use, id, wrapped, wrapped_by, created_at)
  SELECT ${sql.raw(from)}.id, s.use, s.id, s.wrapped, s."wrappedBy", ${p('eventTime')}::timestamptz FROM ${sql.raw(from)} CROSS JOIN ${given}`;
const patch = sql`${p('patch')}::jsonb`;
const eventTime = sql`${p('eventTime')}::text`;
const secondsOn = sql`${p('overlapSeconds')}::int`;

export const listChannels = channel.list<object>({ order: ['name'] });
export const readChannel = channel.read();
export const deleteChannel = channel.remove();

export const insertChannel = channel.insert<Secrets>({
  guards: { full: sql`(SELECT count(*) FROM ${notificationChannels}) >= ${sql.raw(String(MAX_CHANNELS))}` },
  set: {
    enabledAt: sql`${p('eventTime')}::timestamptz`,
    targetSetAt: sql`${p('eventTime')}::timestamptz`,
    disabledReason: sql`CASE WHEN NOT (given.v->>'enabled')::boolean THEN 'by_admin' END`,
    rotatedAt: sql`CASE WHEN given.v->>'type' = 'webhook' THEN ${p('eventTime')}::timestamptz END`,
  },
  also: sql`kept AS (${kept('made')})`,
});

/** With a `secrets` that is not empty the address is another one, whatever it was. */
export const updateChannel = channel.update<Secrets>({
  guards: {
    no_url: sql`chg.type = 'email' AND jsonb_exists(coalesce(${patch}->'settings', '{}'), 'origin')`,
    not_email: sql`chg.type <> 'email' AND jsonb_exists(coalesce(${patch}->'settings', '{}'), 'recipients')`,
    nobody: sql`(chg.after->>'enabled')::boolean AND coalesce(jsonb_array_length(chg.after->'settings'->'recipients') = 0, false)`,
  },
  set: {
    enabledAt: sql`CASE WHEN ${patch}->>'enabled' = 'true' AND NOT cur.enabled THEN ${eventTime} ELSE cur.before->>'enabledAt' END`,
    disabledReason: sql`CASE WHEN coalesce((${patch}->>'enabled')::boolean, cur.enabled) THEN NULL
      WHEN cur.enabled THEN 'by_admin' ELSE cur.disabled_reason END`,
    targetSetAt: sql`CASE WHEN ${p('secrets')}::jsonb <> '[]' THEN ${eventTime} ELSE cur.before->>'targetSetAt' END`,
  },
  also: sql`replaced AS (
    DELETE FROM ${notificationSecrets} o USING upd WHERE o.channel_id = upd.id AND o.use = 'target' AND ${p('secrets')}::jsonb <> '[]' RETURNING 1
  ), kept AS (${kept('upd')} WHERE (SELECT count(*) FROM replaced) >= 0)`,
});

/**
 * A new secret signs from now on; the one before it for `overlapSeconds` more, and with none of them nothing else does. While two sign
 * there is no third: nobody knows which of them a receiver has.
 */
export const rotateSecret = channel.update<Secrets & { overlapSeconds: number }>({
  guards: {
    not_webhook: sql`chg.type <> 'webhook'`,
    two: sql`${secondsOn} > 0 AND coalesce(chg.rotation_ends_at > now(), false)`,
  },
  set: {
    rotatedAt: eventTime,
    rotationEndsAt: sql`CASE WHEN ${secondsOn} > 0
      THEN to_char((now() + make_interval(secs => ${secondsOn})) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') END`,
  },
  also: sql`gone AS (
    DELETE FROM ${notificationSecrets} o USING upd WHERE o.channel_id = upd.id AND o.use = 'signing' AND (o.ends_at IS NOT NULL OR ${secondsOn} = 0) RETURNING 1
  ), ending AS (
    UPDATE ${notificationSecrets} o SET ends_at = upd.rotation_ends_at FROM upd
    WHERE o.channel_id = upd.id AND o.use = 'signing' AND o.ends_at IS NULL AND ${secondsOn} > 0 RETURNING 1
  ), kept AS (${kept('upd')} WHERE (SELECT count(*) FROM gone) + (SELECT count(*) FROM ending) >= 0)`,
});
