/** What a worker does when its channel closes: find out whether the master is gone, and clean up after it. */

import { refusalProgram } from "../core/listeners/refusal_program.ts";
import { encodeProgram } from "../core/listeners/steering_program.ts";
import { sleep } from "../system/clock.ts";
import type { System } from "../system/system.ts";

interface Leftovers {
  /** The socket at which the master accepts channels. */
  readonly channelPath: string;
  /** What belongs to the master and must not outlive it. */
  readonly paths: readonly string[];
}

/**
 * The kernel closes the files of a killed process one after another, the newest first: so a channel can close before
 * the socket that it was accepted from stops listening. This is far longer than the time between the two.
 */
const dyingTimeout = 1_000;
const pause = 20;

/**
 * Removes what a dead master left behind. Resolves when that is done, or when the master has answered for a second:
 * then it is alive and only lost this channel. A worker must not exit before, because it may be the last one.
 */
export async function cleanUp(
  { network, files, clock }: Pick<System, "network" | "files" | "clock">,
  { channelPath, paths }: Leftovers,
): Promise<void> {
  const start = clock.monotonic();
  while (await network.answers(channelPath)) {
    if (clock.monotonic() - start >= dyingTimeout) return;
    await sleep(clock, pause);
  }
  for (const path of paths) {
    try {
      files.remove(path);
    } catch {
      // Another worker is removing it at the same time.
    }
  }
}

/** For handshakes that have begun while no requests come (ms). */
const shortestWait = 20;

/**
 * Frees the addresses that this worker listens on, so that a server that is started now can have them. Closing a
 * listener resets the connections in its accept queue. So new connections are refused first, those that have been made
 * are accepted, and the listening ends `handshakes` milliseconds later, in which handshakes end that had begun.
 * Requests in flight go on. A client that was refused tries again after a second.
 */
export async function leaveAddresses(
  { sockets, clock }: Pick<System, "sockets" | "clock">,
  listeners: readonly number[],
  handshakes: number,
): Promise<void> {
  const program = encodeProgram(refusalProgram);
  try {
    listeners.forEach((listener) => sockets.filter(listener, program));
    await sleep(clock, Math.max(handshakes, shortestWait));
  } catch {
    // This kernel cannot refuse them: the sooner the listening ends, the fewer are reset.
  }
  // The number of one that has been closed may be that of a connection by now.
  listeners.filter((listener) => sockets.isListening(listener))
    .forEach((listener) => sockets.stopListening(listener));
}

/** A process that will take the place of the master, by the monotonic time `until`. */
export interface Successor {
  readonly pid: number;
  readonly until: number;
}

/** Resolves when the successor has exited, or its time is over. */
export async function waitForSuccessor(
  { processes, clock }: Pick<System, "processes" | "clock">,
  { pid, until }: Successor,
): Promise<void> {
  while (clock.monotonic() < until && processes.isAlive(pid)) await sleep(clock, pause);
}
