import type { ApiLogRow, EventsMessage, UiEventRow } from '../../queues/messages.ts';

export interface Rows {
  uiEvents: readonly UiEventRow[];
  apiLogs: readonly ApiLogRow[];
}

export interface SizedMessage {
  message: EventsMessage;
  /** Of its JSON in UTF-8, which is how the queue counts a message of content type json. */
  bytes: number;
}

// A message may have 128,000 bytes, up to 100 of them the platform's own. What is left over is for the mark of a replay.
export const MAX_MESSAGE_BYTES = 127_000;

const BODY = 48_000;
const LINE = 4_000;
const WORD = 1_000;

/**
 * The most bytes each text may have as JSON in UTF-8. Together they leave room in a message, so that every row fits into one.
 * Fields that are not here have a size of their own: ids, times, numbers, addresses.
 */
export const FIELD_BYTES = {
  session_id: WORD,
  actor_email: WORD,
  actor_role: WORD,
  event_type: WORD,
  trace_id: WORD,
  span_id: WORD,
  method: WORD,
  request_id: WORD,
  error_code: WORD,
  component_name: LINE,
  page_path: LINE,
  endpoint: LINE,
  user_agent: LINE,
  properties: BODY,
  request_body: BODY,
  response_body: BODY,
} as const;

export const CUT_MARK = '…[cut]';
/** JSON text cannot be cut in the middle and stay JSON. */
const CUT_JSON = JSON.stringify({ cut: true });

const encoder = new TextEncoder();
const bytesOf = (value: unknown) => encoder.encode(JSON.stringify(value)).length;

/** Well-formed and within its bound; most texts are and stay as they are. */
function bounded(field: string, text: string): string {
  const bound = FIELD_BYTES[field as keyof typeof FIELD_BYTES];
  // ClickHouse refuses a lone surrogate, and with it every row of the insert.
  const whole = text.toWellFormed();
  // No character of UTF-16 takes more than six bytes, as in \u0000.
  if (whole.length * 6 + 2 <= bound || bytesOf(whole) <= bound) return whole;
  if (field === 'properties') return CUT_JSON;
  let room = bound - bytesOf(CUT_MARK);
  let end = 0;
  for (const character of whole) {
    room -= bytesOf(character) - 2;
    if (room < 0) break;
    end += character.length;
  }
  return whole.slice(0, end) + CUT_MARK;
}

/** The row with every text within FIELD_BYTES. */
export function boundedRow<Row extends UiEventRow | ApiLogRow>(row: Row): Row {
  const copy: Record<string, unknown> = { ...row };
  for (const field in copy) if (field in FIELD_BYTES) copy[field] = bounded(field, copy[field] as string);
  return copy as Row;
}

/**
 * The rows in messages of at most MAX_MESSAGE_BYTES, all of them, each once, in their order.
 * @param o.newId a UUIDv7 for each message
 */
export function packRows(rows: Rows, o: { newId(): string; acceptedAt: string }): SizedMessage[] {
  const packed: SizedMessage[] = [];
  const open = (): SizedMessage => {
    const { newId, acceptedAt } = o;
    const message: EventsMessage = {
      v: 1,
      kind: 'audit.events',
      packId: newId(),
      acceptedAt,
      uiEvents: [],
      apiLogs: [],
    };
    const next = { message, bytes: bytesOf(message) };
    packed.push(next);
    return next;
  };
  const add = <Row extends UiEventRow | ApiLogRow>(row: Row, listOf: (message: EventsMessage) => Row[]) => {
    const fitting = boundedRow(row);
    // Its comma too, also for the first one: one byte that may be left over.
    const bytes = bytesOf(fitting) + 1;
    const last = packed.at(-1);
    const pack = last && last.bytes + bytes <= MAX_MESSAGE_BYTES ? last : open();
    listOf(pack.message).push(fitting);
    pack.bytes += bytes;
  };
  for (const row of rows.uiEvents) add(row, (message) => message.uiEvents);
  for (const row of rows.apiLogs) add(row, (message) => message.apiLogs);
  return packed;
}
