const timer = <T>(ms: number, value: T) => {
  const { promise, resolve } = Promise.withResolvers<T>();
  const id = setTimeout(resolve, ms, value);
  return { promise, end: () => clearTimeout(id) };
};

/** What the work brings, or `otherwise` when that takes longer. */
export async function atMost<T, Otherwise>(work: Promise<T>, ms: number, otherwise: Otherwise): Promise<T | Otherwise> {
  const { promise, end } = timer(ms, otherwise);
  return Promise.race([work, promise]).finally(end);
}

/** What the work brings. @throws Error when that takes longer */
export async function inTime<T>(work: Promise<T>, ms: number): Promise<T> {
  const { promise, end } = timer(ms, 'late');
  const first = await Promise.race([work, promise]).finally(end);
  if (first === 'late') throw new Error(`no answer within ${ms} ms`);
  return first as T;
}
