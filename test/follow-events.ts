import { type App, type Person, until } from './app.ts';

interface Told {
  event: string;
  // biome-ignore lint/suspicious/noExplicitAny: what a test looks into
  data: any;
}

/** Follows server-sent events; `done` when the stream is over. */
export async function followEvents(app: App, as: Person, path: string) {
  const abort = new AbortController();
  const response = await fetch(new URL(path, app.worker().url), {
    headers: { Authorization: `Bearer ${as.token}` },
    signal: abort.signal,
  });
  const told: Told[] = [];
  const read = async () => {
    const decoder = new TextDecoder();
    let rest = '';
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      const blocks = (rest + decoder.decode(chunk, { stream: true })).split('\n\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) {
        const [, event, data] = /^event: (\w+)\ndata: (.+)$/.exec(block) ?? [];
        if (event && data) told.push({ event, data: JSON.parse(data) });
      }
    }
  };
  const done = read().catch(() => undefined);
  return {
    status: response.status,
    headers: response.headers,
    told,
    done,
    begun: () => until(async () => told.length > 0, 'the stream begins'),
    last: () => told.at(-1)?.data,
    async close() {
      abort.abort();
      await done;
    },
  };
}
