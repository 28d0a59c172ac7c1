import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readFile } from './read-file.ts';

const MAX = 1000;

/** A body that arrives in these pieces, and then fails if it is to. */
function arriving(pieces: readonly number[], fails = false) {
  const state = { sent: 0, cancelled: false };
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      const size = pieces[state.sent];
      if (size !== undefined) controller.enqueue(new Uint8Array(size).fill(++state.sent));
      else if (fails) controller.error(new Error('the connection is gone'));
      else controller.close();
    },
    cancel() {
      state.cancelled = true;
    },
  });
  return { body, state };
}

const refused = async (work: Promise<unknown>, code: string) => expect(work).rejects.toMatchObject({ code });

describe('an uploaded file', () => {
  it('is what arrived, in whatever pieces, up to the limit and not a byte more', async () => {
    let [tried, tooLarge] = [0, 0];
    const pieces = fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(pieces, fc.boolean(), async (sizes, declares) => {
        tried++;
        const total = sizes.reduce((sum, size) => sum + size, 0);
        const { body } = arriving(sizes);
        const reading = readFile(body, declares ? total : null, MAX);
        if (total > MAX) {
          tooLarge++;
          await refused(reading, 'body_too_large');
        } else expect([...(await reading)]).toEqual(sizes.flatMap((size, i) => Array(size).fill(i + 1)));
      }),
      { seed: 20_261_122, numRuns: 300 },
    );
    console.log(`uploads: tried ${tried}, of them too large and refused ${tooLarge}, failed 0`);
    expect((await readFile(arriving([MAX]).body, null, MAX)).length).toBe(MAX);
    await refused(readFile(arriving([MAX, 1]).body, null, MAX), 'body_too_large');
  });

  it('that says it is too long is not read', async () => {
    const { body, state } = arriving([10]);
    await refused(readFile(body, MAX + 1, MAX), 'body_too_large');
    expect(state.sent).toBeLessThanOrEqual(1);
  });

  it('that never ends is given up at the limit', async () => {
    const { body, state } = arriving(Array(1_000_000).fill(100));
    await refused(readFile(body, null, MAX), 'body_too_large');
    expect(state.sent).toBeLessThan(15);
    expect(state.cancelled).toBe(true);
  });

  it('that is empty or breaks off is malformed', async () => {
    await refused(readFile(null, null, MAX), 'malformed_request');
    await refused(readFile(arriving([]).body, 0, MAX), 'malformed_request');
    await refused(readFile(arriving([100], true).body, null, MAX), 'malformed_request');
    await refused(readFile(arriving([100], true).body, 200, MAX), 'malformed_request');
    await refused(readFile(arriving([100]).body, 101, MAX), 'malformed_request');
  });
});
