/** Enough of the Chrome DevTools Protocol to ask an isolate for its heap. */
interface Reply {
  id: number;
  result: { usedSize: number; backingStorageSize: number };
}

const WAKE_MS = 100;

/**
 * MB of objects and buffers that an isolate still holds once its garbage is collected.
 * @param url of the Worker: an idle isolate sends what it has to say only when it runs next, so it is kept awake
 */
export async function heldByIsolate(inspector: URL, name: string, url: string): Promise<number> {
  const list = (await (await fetch(`http://${inspector.host}/json/list`)).json()) as {
    id: string;
    webSocketDebuggerUrl: string;
  }[];
  const target = list.find(({ id }) => id === name);
  if (!target) throw new Error(`workerd has no isolate ${name}: ${list.map(({ id }) => id).join(', ')}`);
  const socket = new WebSocket(target.webSocketDebuggerUrl);
  // One may be under way when the runtime is ended.
  const wake = () =>
    void fetch(url).then(
      (answer) => answer.arrayBuffer(),
      () => undefined,
    );
  const awake = setInterval(wake, WAKE_MS);
  try {
    await new Promise((done, fail) => {
      socket.addEventListener('open', done, { once: true });
      socket.addEventListener('error', () => fail(new Error('the inspector refused the connection')), { once: true });
    });
    await ask(socket, 1, 'HeapProfiler.collectGarbage');
    const { usedSize, backingStorageSize } = await ask(socket, 2, 'Runtime.getHeapUsage');
    return (usedSize + backingStorageSize) / 1e6;
  } finally {
    clearInterval(awake);
    socket.close();
  }
}

function ask(socket: WebSocket, id: number, method: string): Promise<Reply['result']> {
  return new Promise((done) => {
    const listen = ({ data }: MessageEvent) => {
      const reply = JSON.parse(String(data)) as Reply;
      if (reply.id !== id) return;
      socket.removeEventListener('message', listen);
      done(reply.result);
    };
    socket.addEventListener('message', listen);
    socket.send(JSON.stringify({ id, method }));
  });
}
