/** Lifecycle events as server-sent events, and back. */

import type { LifecycleEvent } from "../core/telemetry/lifecycle.ts";
import type { Commands } from "./commands.ts";

/** A follower that has stopped reading must not fill the master's memory: it may come back. */
const mostUnread = 1_000;

/**
 * Streams all events after the one with id `since`, those kept first. Begins when it is read: a HEAD drops it without
 * a word, and would leave a follower behind.
 */
export function streamEvents(commands: Pick<Commands, "follow">, since: number): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let stop: (() => void) | null = null;
  return new ReadableStream<Uint8Array>({
    pull(controller) {
      if (stop !== null) return;
      stop = () => {};
      // Without a first byte the head of the response would wait for the first event.
      controller.enqueue(encoder.encode(": events of this server\n\n"));
      stop = commands.follow(since, (event) => {
        controller.enqueue(encoder.encode(encodeEvent(event)));
        if ((controller.desiredSize ?? 0) > -mostUnread) return;
        stop?.();
        controller.close();
      });
    },
    cancel: () => stop?.(),
  }, { highWaterMark: 0 });
}

function encodeEvent(event: LifecycleEvent): string {
  return `id: ${event.id}\nevent: ${event.kind}\ndata: ${JSON.stringify(event)}\n\n`;
}

/** The events in a stream of ours: `data` stands on one line. Ends with the stream, also where it breaks. */
export async function* decodeEvents(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<LifecycleEvent> {
  const decoder = new TextDecoder();
  let text = "";
  try {
    for await (const chunk of bytes) {
      text += decoder.decode(chunk, { stream: true });
      const lines = text.split("\n");
      text = lines.pop() ?? "";
      for (const line of lines) {
        if (line.startsWith("data: ")) yield JSON.parse(line.slice("data: ".length));
      }
    }
  } catch {
    // The server has ended, and the connection with it.
  }
}
