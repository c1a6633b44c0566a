/**
 * The listeners of an old master that died before it handed them over. Its workers still serve, because they know that a
 * successor has been started, and each of them sends its own listeners as soon as it finds the successor's fd inbox.
 */

import type { Logger } from "../../log/logger.ts";
import { successorInbox } from "../../protocol/messages.ts";
import { sleep } from "../../system/clock.ts";
import type { System } from "../../system/system.ts";
import type { Steering } from "../listeners/steering.ts";
import type { OldMaster } from "./launch.ts";

/** Milliseconds between two looks into the inbox. */
const pause = 10;

/** A worker sends its listeners within milliseconds, unless its event loop is blocked for as long as this (ms). */
const longestWait = 3_000;

/**
 * Resolves with `null` if `steering` has the listeners of all workers of the old master, or wants none. Otherwise with the
 * reason why not: then they are in the kernel's group at unknown places, as long as they listen.
 */
export async function adoptOrphanedListeners(
  { clock, files, processes }: Pick<System, "clock" | "files" | "processes">,
  logger: Logger,
  { runtimeDirectory, handover: { workers, areSent } }: OldMaster,
  steering: Steering,
  addressCount: number,
): Promise<string | null> {
  const { fdInbox } = steering;
  if (fdInbox === null) return null;
  if (!areSent) return "the old master did not steer: restart the server";
  try {
    files.link(successorInbox(runtimeDirectory), fdInbox);
    const end = clock.monotonic() + longestWait;
    for (let isOver = false; !isOver && workers.every((pid) => processes.isAlive(pid));) {
      // Before the look: on a busy machine this process may not run until the time is over, and all has arrived by then.
      isOver = clock.monotonic() >= end;
      if (steering.adoptFromWorkers(workers, addressCount)) return null;
      await sleep(clock, pause);
    }
  } catch (error) {
    logger.debug`no way to reach the workers of the old master: ${String(error)}`;
  }
  return "the listeners of the old master's workers did not arrive: restart the server";
}
