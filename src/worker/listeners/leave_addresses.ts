/** How a worker stops listening when no other process has its listeners. */

import { refusalProgram } from "../../core/listeners/refusal_program.ts";
import { encodeProgram } from "../../core/listeners/steering_program.ts";
import { sleep } from "../../system/clock.ts";
import type { System } from "../../system/system.ts";

/** For handshakes that have begun while no requests come (ms). */
const shortestWait = 20;

/** Milliseconds between two looks at the accept queues. */
const pause = 5;

/** How long connections may wait in them after that, in milliseconds: the event loop is busy. */
const longestQueue = 2_000;

/**
 * Leaves the addresses to other processes. Closing a listener resets the connections in its accept queue. So new
 * connections are refused first, those that have been made are accepted, and the listening ends `handshakes` milliseconds
 * later, in which handshakes end that had begun. Requests in flight go on. A client that was refused tries again after a
 * second.
 */
export async function leaveAddresses(
  { sockets, clock }: Pick<System, "sockets" | "clock">,
  listeners: readonly number[],
  handshakes: number,
): Promise<void> {
  const program = encodeProgram(refusalProgram);
  // The number of one that has been closed may be that of a connection by now.
  const open = () => listeners.filter((listener) => sockets.isListening(listener));
  try {
    open().forEach((listener) => sockets.filter(listener, program));
    await sleep(clock, Math.max(handshakes, shortestWait));
    const end = clock.monotonic() + longestQueue;
    for (let isOver = false; !isOver && open().some((listener) => sockets.waiting(listener) > 0);) {
      // One that did not run until then has a last turn to accept them.
      isOver = clock.monotonic() >= end;
      await sleep(clock, pause);
    }
  } catch {
    // This kernel cannot refuse them: the sooner the listening ends, the fewer are reset.
  }
  open().forEach((listener) => sockets.stopListening(listener));
}
