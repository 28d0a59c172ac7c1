import type { ClickHouse } from '../client.ts';

/** The server's clock, milliseconds since the epoch. */
export async function readClock(client: ClickHouse, timeoutMs: number): Promise<number> {
  const answer = await client.query({
    query: 'SELECT toFloat64(toUnixTimestamp64Milli(now64(3))) AS clock',
    format: 'JSONEachRow',
    abort_signal: AbortSignal.timeout(timeoutMs),
  });
  const [row] = await answer.json<{ clock: number }>();
  if (!row) throw new Error('ClickHouse answered what time it is with nothing');
  return row.clock;
}
