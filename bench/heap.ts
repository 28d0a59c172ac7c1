/** Enough of the Chrome DevTools Protocol to ask an isolate for its heap. */
interface Reply {
  id: number;
  result: { usedSize: number; backingStorageSize: number };
}

/** MB of objects and buffers that an isolate still holds once its garbage is collected. */
export async function heldByIsolate(inspector: URL, name: string): Promise<number> {
  const list = (await (await fetch(`http://${inspector.host}/json/list`)).json()) as {
    id: string;
    webSocketDebuggerUrl: string;
  }[];
  const target = list.find(({ id }) => id === name);
  if (!target) throw new Error(`workerd has no isolate ${name}: ${list.map(({ id }) => id).join(', ')}`);
  const socket = new WebSocket(target.webSocketDebuggerUrl);
  try {
    await new Promise((done, fail) => {
      socket.addEventListener('open', done, { once: true });
      socket.addEventListener('error', () => fail(new Error('the inspector refused the connection')), { once: true });
    });
    await ask(socket, 1, 'HeapProfiler.collectGarbage');
    const { usedSize, backingStorageSize } = await ask(socket, 2, 'Runtime.getHeapUsage');
    return (usedSize + backingStorageSize) / 1e6;
  } finally {
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
