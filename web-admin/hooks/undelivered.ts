/** Batches that could not be delivered, kept in this browser until they are; each for the person whose it is. */
const PREFIX = 'audit-events:';
/** With megabytes of storage for the whole origin, this is what statistics may take of it. */
const MAX_KEPT = 20;

const keysOf = (user: string): string[] =>
  Object.keys(localStorage)
    .filter((key) => key.startsWith(`${PREFIX}${user}:`))
    .toSorted();

export function keep(user: string | null, body: string): void {
  if (user === null) return;
  try {
    const kept = keysOf(user);
    for (const oldest of kept.slice(0, Math.max(0, kept.length - MAX_KEPT + 1))) localStorage.removeItem(oldest);
    // By time, so that the oldest goes first.
    localStorage.setItem(`${PREFIX}${user}:${Date.now()}-${crypto.randomUUID()}`, body);
  } catch {
    // Storage that is full or forbidden.
  }
}

export function forgetAll(): void {
  try {
    for (const key of Object.keys(localStorage)) if (key.startsWith(PREFIX)) localStorage.removeItem(key);
  } catch {
    // As above.
  }
}

/**
 * Sends what is kept, oldest first, one page of the browser at a time.
 * @param send false: not now, the rest waits too
 */
export async function sendKept(user: string | null, send: (body: string) => Promise<boolean>): Promise<void> {
  if (user === null) return;
  const work = async () => {
    for (const key of keysOf(user)) {
      const body = localStorage.getItem(key);
      if (body === null) continue;
      if (!(await send(body))) return;
      localStorage.removeItem(key);
    }
  };
  await (navigator.locks ? navigator.locks.request('audit-events', work) : work());
}
