import { useEffect, useState } from 'react';

const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 30_000;

/**
 * The newest state that a stream of server-sent events has told, event `progress`; null before the first one. It connects again by
 * itself, until an event `end` has come.
 * @param address null: nothing is followed
 * @param onEnd what to do when it is over; kept stable by the caller
 */
export function useEvents<State>(address: string | null, onEnd: () => void): State | null {
  const [told, setTold] = useState<{ address: string; state: State } | null>(null);
  useEffect(() => {
    if (address === null) return;
    let source: EventSource | undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let wait = FIRST_WAIT_MS;
    const connect = () => {
      source = new EventSource(address);
      source.addEventListener('progress', ({ data }: MessageEvent<string>) => {
        wait = FIRST_WAIT_MS;
        setTold({ address, state: JSON.parse(data) as State });
      });
      source.addEventListener('end', () => {
        source?.close();
        onEnd();
      });
      source.addEventListener('error', () => {
        // A stream that ended is connected again by the browser; one that was refused is not.
        if (source?.readyState !== EventSource.CLOSED) return;
        timer = setTimeout(connect, wait);
        wait = Math.min(LONGEST_WAIT_MS, wait * 2);
      });
    };
    connect();
    return () => {
      source?.close();
      clearTimeout(timer);
    };
  }, [address, onEnd]);
  return told?.address === address ? told.state : null;
}
