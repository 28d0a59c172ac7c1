import { randomUUID } from 'node:crypto';
import type { Site, Worker } from './site.ts';

/** An event that goes to channels and to no owner. */
export const EVENT = 'dead_letter.kept';
export const DATA = { letterId: 'm-1', queue: 'exports', reason: 'every delivery failed', attempts: 11 };

/** A webhook that hears of `EVENT`. @returns its id */
export async function addChannel({ token }: Site, worker: Worker, url: string): Promise<string> {
  const response = await fetch(new URL('/v1/admin/notification-channels', worker.url), {
    method: 'POST',
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ type: 'webhook', name: `bench ${randomUUID()}`, events: [EVENT], url }),
  });
  const text = await response.text();
  if (response.status !== 201) throw new Error(text);
  return (JSON.parse(text) as { id: string }).id;
}
