/** The status once per second as server-sent events, for the dashboard. */

import type { Clock } from "../system/system.ts";
import type { RunningMaster } from "./master_commands.ts";
import { encodeServerSentEvent } from "./server_sent_events.ts";

/** In milliseconds. */
const interval = 1_000;

/**
 * Nothing is read or sent while the client does not read. It starts when it is read: a HEAD request drops the stream
 * without cancelling it.
 */
export function streamStatus(
  { status }: Pick<RunningMaster, "status">,
  clock: Pick<Clock, "every">,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let stop: (() => void) | null = null;
  let isAwaited = false;
  return new ReadableStream<Uint8Array>({
    pull(controller) {
      const send = () => {
        // Each event holds the whole status: a slow reader misses nothing by skipping some.
        if (!isAwaited) return;
        isAwaited = false;
        const text = encodeServerSentEvent({ event: "status", data: JSON.stringify(status()) });
        controller.enqueue(encoder.encode(text));
      };
      isAwaited = true;
      if (stop !== null) return;
      stop = clock.every(interval, send);
      send();
    },
    cancel: () => stop?.(),
  }, { highWaterMark: 0 });
}
