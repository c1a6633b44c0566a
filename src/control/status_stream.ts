/** The status once a second as server-sent events, for the page. */

import type { Clock } from "../system/system.ts";
import type { Commands } from "./commands.ts";

/** As often as workers beat: more often there is nothing new. */
const interval = 1_000;

/** Nothing is read or sent while nobody reads the stream, nor begun before: a HEAD drops it without a word. */
export function streamStatus(
  commands: Pick<Commands, "status">,
  clock: Pick<Clock, "every">,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let stop: (() => void) | null = null;
  let isAwaited = false;
  return new ReadableStream<Uint8Array>({
    pull(controller) {
      const send = () => {
        // Each tells everything: one that was left out because the reader is slow is not missed.
        if (!isAwaited) return;
        isAwaited = false;
        controller.enqueue(encoder.encode(`event: status\ndata: ${JSON.stringify(commands.status())}\n\n`));
      };
      isAwaited = true;
      if (stop !== null) return;
      stop = clock.every(interval, send);
      send();
    },
    cancel: () => stop?.(),
  }, { highWaterMark: 0 });
}
