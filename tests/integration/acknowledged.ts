/** A client of WebSockets that sends numbered messages, and repeats on a new connection those without an acknowledgement. */

interface Sent {
  /** How each connection but the last was closed. */
  readonly closes: readonly string[];
  /** Failures besides: connections that could not be opened, and errors that a WebSocket reported. */
  readonly errors: readonly string[];
  readonly acknowledged: readonly number[];
}

/** So many messages may wait for their acknowledgement. */
const window = 8;

/**
 * Sends messages until `work` is done, and then waits until all are acknowledged. The app answers each with its number.
 * With `client` connections are made as that says.
 */
export async function sendWhile(
  url: string,
  work: () => Promise<void>,
  client?: Deno.HttpClient,
): Promise<Sent> {
  const closes: string[] = [];
  const errors: string[] = [];
  const acknowledged: number[] = [];
  const waiting = new Set<number>();
  let next = 0;
  let isOver = false;
  const working = work().finally(() => isOver = true);
  while (!isOver || waiting.size > 0) {
    const socket = new WebSocket(url, client === undefined ? [] : { client });
    const fill = () => {
      if (socket.readyState !== WebSocket.OPEN) return;
      if (isOver && waiting.size === 0) return socket.close();
      while (!isOver && waiting.size < window) {
        waiting.add(next);
        socket.send(String(next++));
      }
    };
    socket.onopen = () => {
      for (const number of waiting) socket.send(String(number));
      fill();
    };
    socket.onmessage = ({ data }) => {
      if (waiting.delete(Number(data))) acknowledged.push(Number(data));
      // A pause, so that messages are on their way at all times without using up a core.
      setTimeout(fill, 2);
    };
    socket.onerror = (event) => errors.push(event instanceof ErrorEvent ? event.message : event.type);
    const { code, wasClean } = await new Promise<CloseEvent>((resolve) => socket.onclose = resolve);
    if (!isOver || waiting.size > 0) closes.push(`${code}${wasClean ? "" : " (not clean)"}`);
  }
  await working;
  return { closes, errors, acknowledged };
}
