/** Lifecycle events as a stream of server-sent events, and back. */

import type { LifecycleEvent } from "../core/telemetry/lifecycle.ts";
import type { Events } from "./master_commands.ts";
import { encodeServerSentEvent, takeServerSentEvents } from "./server_sent_events.ts";

/** A client that stops reading must not fill the master's memory; it can connect again. */
const maxUnread = 1_000;

/**
 * Streams the events after the one with id `since`: first the retained ones, then new ones. It starts when it is
 * read: a HEAD request drops the stream without cancelling it, and would leave a follower behind.
 */
export function streamEvents(
  log: Pick<Events, "since" | "follow">,
  since: number,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let stop: (() => void) | null = null;
  return new ReadableStream<Uint8Array>({
    pull(controller) {
      if (stop !== null) return;
      const send = (event: LifecycleEvent) => {
        const text = encodeServerSentEvent({ event: event.kind, data: JSON.stringify(event), id: event.id });
        controller.enqueue(encoder.encode(text));
      };
      // Without a first byte the response headers would wait for the first event.
      controller.enqueue(encoder.encode(": events of this server\n\n"));
      log.since(since).forEach(send);
      stop = log.follow((event) => {
        send(event);
        if ((controller.desiredSize ?? 0) > -maxUnread) return;
        stop?.();
        controller.close();
      });
    },
    cancel: () => stop?.(),
  }, { highWaterMark: 0 });
}

/** The events in a stream of ours. Ends with the stream, also if the connection breaks. */
export async function* decodeEvents(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<LifecycleEvent> {
  const decoder = new TextDecoder();
  let text = "";
  try {
    for await (const chunk of bytes) {
      const { events, rest } = takeServerSentEvents(text + decoder.decode(chunk, { stream: true }));
      text = rest;
      for (const { data } of events) yield JSON.parse(data);
    }
  } catch {
    // The server has ended, and the connection with it.
  }
}
