/**
 * What is left to do for a worker whose link ended: find out whether its master is gone, tidy up after it, and serve
 * on for a new master that is about to take its place.
 */

import type { System } from "../system/system.ts";

export interface Leftovers {
  /** Where the master took links. */
  readonly channelPath: string;
  /** What belongs to the master and goes with it. */
  readonly paths: readonly string[];
}

/**
 * The kernel closes the files of a process that was killed one after another, the newest first: a link can end
 * before the socket it was accepted from stops to listen. Far less time than this lies between the two.
 */
const dying = 1_000;
const pause = 20;

/**
 * Removes what a dead master left behind. Settles when that is done, or when the master has answered for a second:
 * then it lives and only lost this link. A worker must not exit before: it may be the last.
 */
export async function cleanUp(
  { network, files, clock }: Pick<System, "network" | "files" | "clock">,
  { channelPath, paths }: Leftovers,
): Promise<void> {
  const start = clock.monotonic();
  while (await network.answers(channelPath)) {
    if (clock.monotonic() - start >= dying) return;
    await new Promise<void>((resolve) => clock.after(pause, resolve));
  }
  for (const path of paths) {
    try {
      files.remove(path);
    } catch {
      // Another orphan removes it at this moment.
    }
  }
}

/** A process that takes the place of the master, by the monotonic time `until`. */
export interface Successor {
  readonly pid: number;
  readonly until: number;
}

/** Settles when it is gone or late: nobody comes any more. */
export async function waitForSuccessor(
  { processes, clock }: Pick<System, "processes" | "clock">,
  { pid, until }: Successor,
): Promise<void> {
  while (clock.monotonic() < until && processes.isAlive(pid)) {
    await new Promise<void>((resolve) => clock.after(pause, resolve));
  }
}
