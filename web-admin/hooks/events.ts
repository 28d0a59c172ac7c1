import { consent, onConsent, setUsualConsent } from './consent.ts';
import { asOtlp } from './plain-otlp.ts';
import type { Sender } from './sender.ts';
import { type AuditEventSettings, keepSettings, urlOf } from './settings.ts';
import { beginTrace, currentSpan, type SpanIds } from './trace.ts';

export interface UiEvent {
  /** The event's name (OpenTelemetry). */
  name: string;
  attributes: Record<string, string>;
  /** Milliseconds since the epoch. */
  time: number;
  span: SpanIds;
}

/** Before the sender is here; more than these is somebody else's mistake. */
const MAX_WAITING = 500;

/** By then the page is drawn; on a slow processor statistics would be in its way. */
const FIRST_MS = 3000;

let waiting: UiEvent[] = [];
let sender: Sender | null = null;
let started = false;

/** The page goes away before its sender came: what waits goes as it is, by beacon. */
function sendWaiting(): void {
  if (sender || waiting.length === 0) return;
  navigator.sendBeacon(urlOf(), new Blob([asOtlp(waiting)], { type: 'application/json' }));
  waiting = [];
}

async function fetchSender(): Promise<void> {
  const { startSender } = await import('./sender.ts');
  sender = startSender();
  const all = waiting;
  waiting = [];
  for (const event of all) sender.send(event);
}

/**
 * Begins to tell. Once in an application; a second call changes the settings only. OpenTelemetry's SDK is fetched after the page is drawn.
 */
export function startAuditEvents(settings: AuditEventSettings): void {
  keepSettings(settings);
  setUsualConsent(settings.consent ?? 'granted');
  if (started || typeof window === 'undefined') return;
  started = true;
  window.addEventListener('pagehide', sendWaiting);
  onConsent(() => {
    if (consent() === 'granted') return;
    waiting = [];
    sender?.forget();
  });
  // Without it they wait for the end of the page.
  setTimeout(() => void fetchSender().catch(() => undefined), FIRST_MS);
}

/** Tells an event, unless its person does not want that; never throws. */
export function tell(name: string, attributes: Record<string, string>, span: SpanIds = currentSpan()): void {
  try {
    if (!started || consent() !== 'granted') return;
    const event: UiEvent = {
      name,
      attributes: { 'url.path': window.location.pathname, ...attributes },
      time: Date.now(),
      span,
    };
    if (sender) sender.send(event);
    else if (waiting.length < MAX_WAITING) waiting.push(event);
  } catch {
    // As above.
  }
}

/** An event that begins something: what comes of it has its trace. */
export const tellAnew = (name: string, attributes: Record<string, string>): void =>
  tell(name, attributes, beginTrace());
