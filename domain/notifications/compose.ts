import { Webhook } from 'standardwebhooks';
import { type DataOf, EVENTS, type EventType } from './events.ts';

/** A notification as it was written down. */
export interface Note {
  id: string;
  type: EventType;
  occurredAt: Date;
  data: Record<string, unknown>;
}

const oneLine = (text: string) => text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim();

/** What people read of it; names that people gave stay within their line. */
export function textOf({ type, data }: Note, publicUrl: string): { subject: string; text: string } {
  const say = EVENTS[type].say as (data: DataOf<EventType>) => ReturnType<(typeof EVENTS)[EventType]['say']>;
  const { subject, lines, path } = say(data as DataOf<EventType>);
  return { subject: oneLine(subject), text: [...lines.map(oneLine), `${publicUrl}${path}`].join('\n') };
}

/**
 * Body and headers as Standard Webhooks has them, the same body at each try; every secret signs.
 * @param secrets with `whsec_`
 * @param now milliseconds since the epoch
 */
export function signedWebhook({ id, type, occurredAt, data }: Note, secrets: readonly string[], now: number) {
  const body = JSON.stringify({ type, timestamp: occurredAt.toISOString(), data });
  const at = new Date(now);
  return {
    body,
    headers: {
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(now / 1000)),
      'webhook-signature': secrets.map((secret) => new Webhook(secret).sign(id, at, body)).join(' '),
    },
  };
}

/** Slack's own escapes: https://docs.slack.dev/messaging/formatting-message-text/ */
const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };
const escaped = (text: string) => text.replace(/[&<>]/g, (sign) => ESCAPES[sign] ?? sign);

export function slackBody(note: Note, publicUrl: string): string {
  const { subject, text } = textOf(note, publicUrl);
  return JSON.stringify({ text: `*${escaped(subject)}*\n${escaped(text)}` });
}
