export interface Told {
  event: string;
  // biome-ignore lint/suspicious/noExplicitAny: what a test looks into
  data: any;
}

/** The events of a stream, one at a time, without its comments. */
export async function* eventsOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Told, void, undefined> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of chunks) {
    const blocks = (rest + decoder.decode(chunk, { stream: true })).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const [, event, data] = /^event: (\w+)\ndata: (.+)$/.exec(block) ?? [];
      if (event && data) yield { event, data: JSON.parse(data) };
    }
  }
}

/** The next event that is so. @throws Error when the stream ends before */
export async function nextTold(events: AsyncGenerator<Told, void, undefined>, isIt: (told: Told) => boolean) {
  for (;;) {
    const { done, value } = await events.next();
    if (done) throw new Error('the stream ended too early');
    if (isIt(value)) return value;
  }
}
