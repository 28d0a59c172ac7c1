import { retryAfterSeconds } from '../retry-after.ts';
import { type Channel, NotDelivered } from './channel.ts';

interface WebhookTarget {
  url: string;
  /** Each one signs: while one replaces another, a receiver knows either. */
  secrets: readonly Uint8Array[];
  /** Milliseconds since the epoch. */
  now(): number;
}

const GONE = 410;

/**
 * A receiver of HTTP, by the Standard Webhooks specification 1.0.0
 * (https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md): only a 2xx is a delivery, redirects
 * are not followed, and 410 means that nothing is wanted any more.
 */
export const webhook = ({ url, secrets, now }: WebhookTarget): Channel => ({
  name: 'webhook',
  send: async ({ id, type, occurredAt, data }, signal) => {
    const body = JSON.stringify({ type, timestamp: occurredAt, data });
    const timestamp = Math.floor(now() / 1000);
    const headers = {
      'Content-Type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': String(timestamp),
      'webhook-signature': await signatures(secrets, `${id}.${timestamp}.${body}`),
    };
    let response: Response;
    try {
      response = await fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal });
      await response.body?.cancel();
    } catch (cause) {
      // What a fetch says of its failure may hold the address, which may be a secret itself.
      throw new NotDelivered(`no answer (${cause instanceof Error ? cause.name : 'unknown'})`);
    }
    if (response.ok) return;
    throw new NotDelivered(`the receiver answered ${response.status}`, {
      afterSeconds: retryAfterSeconds(response.headers.get('retry-after'), now()),
      isFinal: response.status === GONE,
    });
  },
});

/** The header webhook-signature: one `v1,<base64>` a secret, separated by spaces. */
export async function signatures(secrets: readonly Uint8Array[], signed: string): Promise<string> {
  const bytes = new TextEncoder().encode(signed);
  const each = secrets.map(async (secret) => {
    const key = await crypto.subtle.importKey('raw', secret, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
    return `v1,${new Uint8Array(await crypto.subtle.sign('HMAC', key, bytes)).toBase64()}`;
  });
  return (await Promise.all(each)).join(' ');
}
