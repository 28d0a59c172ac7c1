import type { Telemetry } from './otlp-model.ts';

/** What makes one log record unlike every other (OpenTelemetry semantic conventions, general log record attributes). */
const UID = 'log.record.uid';
const MAX_LENGTH = 100;

export const uidOf = (attributes: Record<string, unknown>): string | null => {
  const uid = attributes[UID];
  return typeof uid === 'string' && uid !== '' && uid.length <= MAX_LENGTH ? uid : null;
};

const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

/**
 * A UUID for each record that says who it is: the same whenever the same session sends the same record, so that one whose answer was lost
 * and that is sent again is read once. Of the session too: nobody hides somebody else's record behind one of the same name.
 */
export async function recordIds(sessionId: string, telemetry: Telemetry): Promise<ReadonlyMap<string, string>> {
  if (telemetry.signal !== 'logs') return new Map();
  const uids = new Set(
    telemetry.groups.flatMap(({ items }) => items.flatMap(({ attributes }) => uidOf(attributes) ?? [])),
  );
  const encoder = new TextEncoder();
  const ids = await Promise.all(
    [...uids].map(async (uid): Promise<[string, string]> => {
      const digest = hex(new Uint8Array(await crypto.subtle.digest('SHA-256', encoder.encode(`${sessionId}\n${uid}`))));
      // RFC 9562 section 5.7: its version and variant; the time comes first and is the record's own.
      const variant = ((Number.parseInt(digest[16] ?? '0', 16) & 0x3) | 0x8).toString(16);
      return [uid, `00000000-0000-7${digest.slice(13, 16)}-${variant}${digest.slice(17, 20)}-${digest.slice(20, 32)}`];
    }),
  );
  return new Map(ids);
}
