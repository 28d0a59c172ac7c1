import * as z from 'zod';

/** RFC 3339 with any offset, as it was written. */
export const instantText = z.iso.datetime({
  offset: true,
  error: 'must be a time with its offset, such as 2027-01-01T00:00:00Z',
});

/** `2026-11-21T09:00:00.000Z` → `2026-11-21 09:00:00.000`. */
export const clickhouseTime = (rfc3339: string) => new Date(rfc3339).toISOString().replace('T', ' ').replace('Z', '');
