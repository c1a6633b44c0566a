/**
 * Ends the connections of a client whose server owes an answer and says nothing: it may have lost its network or its power.
 * The option of ioredis for this, `socketTimeout`, sets and clears a timer for all that arrives, which took 8 % of a worker
 * with empty tasks.
 */

// @ts-types="../../types/ioredis.d.ts"
import type { Redis } from "ioredis";
import type { Clock } from "../system/system.ts";

/** How often it looks within the time in which the server may be silent. */
const looks = 4;

/** `longest`: milliseconds for which the server may be silent, and a quarter more; longer than a command lets it wait. */
export function endSilentConnections(clock: Clock, client: Redis, longest: number): void {
  let stop = () => {};
  client.on("connect", () => {
    stop();
    const { stream } = client;
    // A look that comes late, because the event loop was blocked, counts no more than another.
    let silentLooks = 0;
    stream.on("data", () => silentLooks = 0);
    stop = clock.every(longest / looks, () => {
      silentLooks = client.commandQueue.length === 0 ? 0 : silentLooks + 1;
      if (silentLooks > looks) stream.destroy(new Error(`no answer for ${longest / 1_000} s`));
    });
  });
  client.on("close", () => stop());
}
