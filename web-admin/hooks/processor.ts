import { JsonLogsSerializer } from '@opentelemetry/otlp-transformer';
import type { LogRecordProcessor, ReadableLogRecord, ReadWriteLogRecord } from '@opentelemetry/sdk-logs';
import { currentSettings, urlOf } from './settings.ts';
import { forgetAll, keep, sendKept } from './undelivered.ts';

const EVERY_MS = 2000;
const BATCH = 50;
/** A beacon and a request that outlives its page take 64 kB between them. */
const MAX_BYTES = 60_000;
const FIRST_RETRY_MS = 5000;
const LAST_RETRY_MS = 5 * 60_000;

const userOf = () => currentSettings().user?.() ?? null;
const decoder = new TextDecoder();

const asJson = (records: ReadableLogRecord[]): string => {
  const bytes = JsonLogsSerializer.serializeRequest(records);
  return bytes ? decoder.decode(bytes) : '';
};

/** As many bodies as it takes for each to be small enough; a record that is too large alone is left out. */
function bodiesOf(records: ReadableLogRecord[]): string[] {
  if (records.length === 0) return [];
  const body = asJson(records);
  if (body.length <= MAX_BYTES) return [body];
  if (records.length === 1) return [];
  const half = Math.ceil(records.length / 2);
  return [...bodiesOf(records.slice(0, half)), ...bodiesOf(records.slice(half))];
}

/** Taken, refused for good (again would be the same), or not now. */
async function post(body: string): Promise<'taken' | 'refused' | 'later'> {
  try {
    const { ok, status } = await fetch(urlOf(), {
      method: 'POST',
      body,
      keepalive: true,
      headers: { 'Content-Type': 'application/json' },
    });
    if (ok) return 'taken';
    return status === 401 || status === 429 || status >= 500 ? 'later' : 'refused';
  } catch {
    return 'later';
  }
}

/**
 * The SDK's own batches are lost when their page goes away. This one sends what it has by beacon then, keeps what could not be delivered
 * until the connection, the session or the server is back, and says nothing of it to the application.
 */
export class BeaconProcessor implements LogRecordProcessor {
  #records: ReadableLogRecord[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #retryMs = FIRST_RETRY_MS;
  #retry: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    window.addEventListener('pagehide', () => this.#leave());
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'hidden') void this.forceFlush();
    });
    window.addEventListener('online', () => void this.#again());
    void this.#again();
  }

  onEmit(record: ReadWriteLogRecord): void {
    this.#records.push(record);
    if (this.#records.length >= BATCH) void this.forceFlush();
    else this.#timer ??= setTimeout(() => void this.forceFlush(), EVERY_MS);
  }

  async forceFlush(): Promise<void> {
    for (const body of bodiesOf(this.#take())) {
      const became = navigator.onLine ? await post(body) : 'later';
      if (became === 'later') this.#keep(body);
    }
  }

  shutdown(): Promise<void> {
    this.#leave();
    clearTimeout(this.#retry);
    return Promise.resolve();
  }

  forget(): void {
    this.#take();
    forgetAll();
  }

  #take(): ReadableLogRecord[] {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const taken = this.#records;
    this.#records = [];
    return taken;
  }

  /** No answer will be heard: what cannot go is kept. */
  #leave(): void {
    for (const body of bodiesOf(this.#take())) {
      const gone = navigator.onLine && navigator.sendBeacon(urlOf(), new Blob([body], { type: 'application/json' }));
      if (!gone) keep(userOf(), body);
    }
  }

  #keep(body: string): void {
    keep(userOf(), body);
    this.#retry ??= setTimeout(() => void this.#again(), this.#retryMs);
    this.#retryMs = Math.min(LAST_RETRY_MS, this.#retryMs * 2);
  }

  async #again(): Promise<void> {
    clearTimeout(this.#retry);
    this.#retry = undefined;
    let all = true;
    await sendKept(userOf(), async (body) => {
      all = (await post(body)) !== 'later';
      return all;
    }).catch(() => undefined);
    if (all) this.#retryMs = FIRST_RETRY_MS;
    else this.#retry ??= setTimeout(() => void this.#again(), this.#retryMs);
  }
}
