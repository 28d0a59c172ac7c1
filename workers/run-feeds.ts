import type { Context } from '../domain/context.ts';
import type { RunFeeds } from '../domain/progress/run-kind.ts';

/** What is called of a run's object. */
interface Feed<Snapshot> {
  progress(snapshot: Snapshot): Promise<void>;
  report(snapshot: Snapshot): Promise<void>;
  learn(read: Snapshot): Promise<void>;
  follow(initial: Snapshot): Promise<ReadableStream<Uint8Array>>;
}

/**
 * @param object a new stub each time: one whose object was restarted stays broken
 * @param later of the invocation: a run waits for no report
 */
export function runFeeds<Snapshot>(
  object: (id: string) => Feed<Snapshot>,
  later: Context['later'],
): RunFeeds<Snapshot> {
  interface Said {
    how: 'progress' | 'report';
    snapshot: Snapshot;
  }
  const say = newestFirst<Said>((id, { how, snapshot }) => object(id)[how](snapshot), later);
  return {
    progress: (id, snapshot) => say(id, { how: 'progress', snapshot }),
    report: (id, snapshot) => say(id, { how: 'report', snapshot }),
    learn: (id, read) => object(id).learn(read),
    follow: (id, initial) => object(id).follow(initial),
  };
}

/** Sends one at a time for a name, and of those that come meanwhile the last one only: they arrive in order, and none piles up. */
function newestFirst<Value>(send: (name: string, value: Value) => Promise<void>, later: (work: Promise<void>) => void) {
  const next = new Map<string, Value>();
  const sending = new Set<string>();
  const sendAll = async (name: string) => {
    try {
      for (let value = next.get(name); value !== undefined; value = next.get(name)) {
        next.delete(name);
        await send(name, value);
      }
    } finally {
      sending.delete(name);
      next.delete(name);
    }
  };
  return (name: string, value: Value): void => {
    next.set(name, value);
    if (sending.has(name)) return;
    sending.add(name);
    later(sendAll(name));
  };
}
