import type { ForwardMessage } from '../../queues/messages.ts';
import type { Context } from '../context.ts';
import { Unavailable } from '../errors.ts';
import { retryAfterSeconds } from '../retry-after.ts';
import { bytesOf } from './clip.ts';
import { encodeJson } from './otlp-export.ts';
import { type Group, type LogRecord, newGroup, type Span, type Telemetry } from './otlp-model.ts';

/** Where what was accepted goes besides: a Collector or any other receiver of OTLP/HTTP. */
export interface ForwardTarget {
  /** `/v1/logs` and `/v1/traces` come behind it. */
  url: string;
  headers: Readonly<Record<string, string>>;
  timeoutMs: number;
}

/** A message may have 128,000 bytes (https://developers.cloudflare.com/queues/platform/limits/). */
const MAX_BYTES = 110_000;
/** https://opentelemetry.io/docs/specs/otlp/#retryable-response-codes */
const RETRYABLE = new Set([429, 502, 503, 504]);

/** Puts redacted telemetry on its way; without a target nothing happens. @throws Unavailable */
export async function queueForForwarding(
  ctx: Pick<Context, 'queues' | 'settings'>,
  telemetry: Telemetry,
): Promise<void> {
  if (!ctx.settings.forwardTarget) return;
  const { signal } = telemetry;
  for (const request of requestsOf(telemetry)) {
    const message: ForwardMessage = { v: 1, kind: 'telemetry.forward', signal, request };
    try {
      await ctx.queues.telemetryForward.send(message, { contentType: 'json' });
    } catch (error) {
      throw new Unavailable('The telemetry could not be taken; send it again.', error);
    }
  }
}

/** The telemetry in requests of OTLP/JSON that each fit into a message. */
export function requestsOf(telemetry: Telemetry): Record<string, unknown>[] {
  const { signal } = telemetry;
  return signal === 'logs'
    ? pack(telemetry.groups, bareLog, (groups) => encodeJson({ signal, groups }))
    : pack(telemetry.groups, bareSpan, (groups) => encodeJson({ signal, groups }));
}

type Encode<Item> = (groups: Group<Item>[]) => Record<string, unknown>;

function pack<Item>(groups: readonly Group<Item>[], bare: (item: Item) => Item, encode: Encode<Item>) {
  const requests: Group<Item>[][] = [];
  let room = 0;
  const sizeOf = (group: Group<Item>, ...items: Item[]) => bytesOf(encode([{ ...group, items }]));
  for (const each of groups) {
    const group = sizeOf(each) > MAX_BYTES / 2 ? { ...newGroup<Item>({}), items: each.items } : each;
    const around = sizeOf(group);
    let open: Group<Item> | null = null;
    for (const whole of group.items) {
      const item = sizeOf(group, whole) > MAX_BYTES ? bare(whole) : whole;
      const bytes = sizeOf(group, item) - around + 1;
      if (bytes + (open ? 0 : around) > room) {
        requests.push([]);
        room = MAX_BYTES;
        open = null;
      }
      if (!open) {
        open = { ...group, items: [] };
        requests.at(-1)?.push(open);
        room -= around;
      }
      open.items.push(item);
      room -= bytes;
    }
  }
  return requests.map(encode);
}

/** Small texts and numbers take many times their bytes in OTLP/JSON: what does not fit goes without them, and says how many. */
const bareLog = (record: LogRecord): LogRecord => ({
  ...record,
  body: null,
  attributes: {},
  droppedAttributes: record.droppedAttributes + Object.keys(record.attributes).length,
});

const bareSpan = (span: Span): Span => ({
  ...span,
  attributes: {},
  droppedAttributes: span.droppedAttributes + Object.keys(span.attributes).length,
  events: [],
  droppedEvents: span.droppedEvents + span.events.length,
});

export type Forwarded =
  | { kind: 'delivered' }
  /** The receiver is away or busy. `afterSeconds`: how long it asks to be left alone. */
  | { kind: 'again'; reason: string; afterSeconds: number }
  | { kind: 'refused'; reason: string };

/** Sends one request on; redirects are not followed, because the headers are for nobody else. */
export async function forwardTelemetry(ctx: Pick<Context, 'settings'>, message: ForwardMessage): Promise<Forwarded> {
  const target = ctx.settings.forwardTarget;
  if (!target) return { kind: 'refused', reason: 'telemetry is not forwarded any more' };
  let response: Response;
  try {
    response = await fetch(`${target.url}/v1/${message.signal}`, {
      method: 'POST',
      headers: { ...target.headers, 'Content-Type': 'application/json' },
      body: JSON.stringify(message.request),
      redirect: 'manual',
      signal: AbortSignal.timeout(target.timeoutMs),
    });
    await response.body?.cancel();
  } catch (error) {
    return { kind: 'again', reason: error instanceof Error ? error.name : 'unknown', afterSeconds: 0 };
  }
  if (response.ok) return { kind: 'delivered' };
  const reason = `the receiver answered ${response.status}`;
  if (!RETRYABLE.has(response.status)) return { kind: 'refused', reason };
  return { kind: 'again', reason, afterSeconds: retryAfterSeconds(response.headers.get('retry-after'), Date.now()) };
}
