const timer = (ms: number) => {
  const { promise, resolve } = Promise.withResolvers<'late'>();
  const id = setTimeout(resolve, ms, 'late');
  return { promise, end: () => clearTimeout(id) };
};

/** Waits for the work, and no longer than this. */
export async function atMost(work: Promise<unknown>, ms: number): Promise<void> {
  const { promise, end } = timer(ms);
  await Promise.race([work, promise]).finally(end);
}

/** What the work brings. @throws Error when that takes longer */
export async function inTime<T>(work: Promise<T>, ms: number): Promise<T> {
  const { promise, end } = timer(ms);
  const first = await Promise.race([work, promise]).finally(end);
  if (first === 'late') throw new Error(`no answer within ${ms} ms`);
  return first as T;
}
