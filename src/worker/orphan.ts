/** What a worker does when its channel closes: find out whether the master is gone, and clean up after it. */

import type { Logger } from "../log/logger.ts";
import { sleep } from "../system/clock.ts";
import { listProcesses } from "../system/processes/process_list.ts";
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
 * Removes what a dead master left behind. Resolves with true when that is done, or with false when the master has
 * answered for a second: then it is alive and only lost this channel. A worker must not exit before, because it may be
 * the last one.
 */
export async function cleanUp(
  { network, files, clock }: Pick<System, "network" | "files" | "clock">,
  { channelPath, paths }: Leftovers,
): Promise<boolean> {
  const start = clock.monotonic();
  while (await network.answers(channelPath)) {
    if (clock.monotonic() - start >= dyingTimeout) return false;
    await sleep(clock, pause);
  }
  for (const path of paths) {
    try {
      files.remove(path);
    } catch {
      // Another worker is removing it at the same time.
    }
  }
  return true;
}

/**
 * The runtime directory of the master, for a worker that has no config yet; `null` if the socket is in a place where
 * there may be other files.
 */
export function directoryOf(channelPath: string): string | null {
  return /^(.*\/denicorn-[^/]+)\/channel\.sock$/.exec(channelPath)?.[1] ?? null;
}

/** How long what the app has started may take to end after SIGTERM (ms). */
const killDelay = 1_000;

/**
 * Without a master nothing else looks after the processes that the app has started, in the group that this worker leads:
 * ends them if `kills`, else names them. Call it last.
 */
export async function leaveGroup(
  { processes, clock, host }: Pick<System, "processes" | "clock" | "host">,
  logger: Logger,
  kills: boolean,
): Promise<void> {
  const others = () => processes.inGroup(host.pid).filter(({ pid }) => pid !== host.pid);
  const signalAll = (signal: "SIGTERM" | "SIGKILL") =>
    others().forEach(({ pid }) => processes.signal(pid, signal));
  const found = others();
  if (found.length === 0) return;
  if (!kills) {
    return logger.warning`the app has started processes that still run: ${
      listProcesses(found)
    }: --kill-group ends them`;
  }
  logger.info`ending what the app has started: ${listProcesses(found)}`;
  signalAll("SIGTERM");
  const deadline = clock.monotonic() + killDelay;
  while (others().length > 0 && clock.monotonic() < deadline) await sleep(clock, pause);
  signalAll("SIGKILL");
}

/** A process that will take the place of the master, by the monotonic time `until`. */
export interface Successor {
  /** `null`: the master died before it could say which process it has started, if it has. */
  readonly pid: number | null;
  readonly until: number;
}

/** Milliseconds in which such a process opens its inbox, if it was started. From source it takes 1 s, or more on a busy machine. */
const longestUnknown = 5_000;

/**
 * Resolves when the successor has exited, or its time is over. Calls `sendListeners` again and again until it returns
 * true: the successor has no inbox yet when it starts.
 */
export async function waitForSuccessor(
  { processes, clock }: Pick<System, "processes" | "clock">,
  { pid, until }: Successor,
  sendListeners: () => boolean,
): Promise<void> {
  let areSent = false;
  const start = clock.monotonic();
  const mayCome = () =>
    pid === null ? areSent || clock.monotonic() - start < longestUnknown : processes.isAlive(pid);
  while (clock.monotonic() < until && mayCome()) {
    areSent ||= sendListeners();
    await sleep(clock, pause);
  }
}
