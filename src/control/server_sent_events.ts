/**
 * Server-sent events as text and back: one encoder and one decoder for the control socket, the admin address, `ctl`
 * and the dashboard. The existing libraries do not fit: hono's streamSSE and std's ServerSentEventStream start before
 * the stream is read, so that a HEAD request leaves a follower behind, and std's parser emits the half event at the
 * end of a broken connection. `EventSource` sends no Authorization header.
 */

interface ServerSentEvent {
  readonly event: string;
  /** One line. */
  readonly data: string;
  readonly id?: number;
}

export function encodeServerSentEvent({ event, data, id }: ServerSentEvent): string {
  return `${id === undefined ? "" : `id: ${id}\n`}event: ${event}\ndata: ${data}\n\n`;
}

/** The complete events in `text`, and the remainder to put in front of the next chunk. */
export function takeServerSentEvents(text: string): { events: Omit<ServerSentEvent, "id">[]; rest: string } {
  const blocks = text.split("\n\n");
  const rest = blocks.pop() ?? "";
  const events = blocks.flatMap((block) => {
    const fields = block.split("\n").map((line) => line.match(/^(event|data): ?(.*)$/s));
    const valuesOf = (name: string) =>
      fields.filter((field) => field?.[1] === name).map((field) => field?.[2] ?? "");
    const data = valuesOf("data");
    return data.length === 0 ? [] : [{ event: valuesOf("event").at(-1) ?? "message", data: data.join("\n") }];
  });
  return { events, rest };
}
