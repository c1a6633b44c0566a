/**
 * What the app has started: the processes in the group of a worker, which leads a session of its own, and those that come
 * to the master when their parent has ended. They are named in the log, ended with their worker by `kill-group`, and
 * reaped.
 */

import type { Logger } from "../../log/logger.ts";
import { listProcesses } from "../../system/processes/process_list.ts";
import type { OtherProcess, System } from "../../system/system.ts";
import type { WorkerHandle } from "./worker_handle.ts";

interface ProcessGroupsOptions {
  readonly system: Pick<System, "processes" | "clock" | "host">;
  readonly logger: Logger;
  /** The last group has ended. */
  readonly wake: () => void;
}

/** How long the processes of an ended worker may take to end after SIGTERM, and again after SIGKILL (ms). */
const killDelay = 1_000;
const checkPause = 50;
const reapInterval = 1_000;

/** Most processes to reap in one turn: an app may fork faster than they are reaped, and the master has other work. */
const mostReaped = 64;
/** Milliseconds until the next ones. */
const reapPause = 10;

export class ProcessGroups {
  readonly #options: ProcessGroupsOptions;
  /** The groups that are being ended, by their leader. */
  readonly #ending = new Set<number>();
  /** The processes that a line has named as still running. */
  readonly #named = new Set<number>();
  #cancelReaping: () => void = () => {};

  constructor(options: ProcessGroupsOptions) {
    this.#options = options;
  }

  /** True if no group is being ended. */
  get isIdle(): boolean {
    return this.#ending.size === 0;
  }

  /** Adopts and reaps until the returned function is called. */
  start(): () => void {
    const { processes, clock } = this.#options.system;
    processes.adoptOrphans();
    const stop = clock.every(reapInterval, () => this.reap());
    return () => {
      stop();
      this.#cancelReaping();
    };
  }

  reap(): void {
    const { system, logger } = this.#options;
    const reaped = system.processes.reapAdopted(mostReaped);
    for (const { pid, command } of reaped) {
      this.#named.delete(pid);
      logger.debug`reaped process ${pid} (${command}), which this master did not start`;
    }
    this.#cancelReaping();
    if (reaped.length === mostReaped) {
      this.#cancelReaping = system.clock.after(reapPause, () => this.reap());
    }
  }

  /** The worker has ended. At a quick stop, too, what it leaves may tidy up. */
  handleExit(worker: WorkerHandle): void {
    const { system, logger } = this.#options;
    const { processes, host } = system;
    const leader = worker.process.pid;
    const found = this.#inGroup(leader);
    // Another thread of the process may have ended with it, and said so.
    const isSaid = this.#ending.has(leader) || found.every(({ pid }) => this.#named.has(pid));
    if (found.length === 0 || isSaid) return;
    const log = logger.with(worker.identity);
    // When process 1 of a container ends, they end without SIGTERM.
    if (!(worker.generation.settings.killGroup ?? host.pid === 1)) {
      found.forEach(({ pid }) => this.#named.add(pid));
      return log.warning`the app has started processes that still run: ${
        listProcesses(found)
      }: --kill-group ends them`;
    }
    log.info`ending what the app has started: ${listProcesses(found)}`;
    processes.signalGroup(leader, "SIGTERM");
    this.#ending.add(leader);
    this.#await(leader, found);
  }

  /** At the end of the server: names the processes that left the group of their worker and still run. */
  reportAdopted(): void {
    const { system, logger } = this.#options;
    this.reap();
    const found = system.processes.adopted().filter(({ pid }) => !this.#named.has(pid));
    if (found.length > 0) {
      logger.warning`processes that the app has started still run: ${listProcesses(found)}`;
    }
  }

  /**
   * The processes in the group of a worker that has ended. The kernel gives the number of a group to no process until the
   * last one in it has ended (setsid(2)), so if there is one with that number the group is of strangers.
   */
  #inGroup(leader: number): readonly OtherProcess[] {
    const { processes } = this.#options.system;
    return processes.isAlive(leader) ? [] : processes.inGroup(leader);
  }

  #await(leader: number, found: readonly OtherProcess[]): void {
    const { system, logger, wake } = this.#options;
    const { processes, clock } = system;
    const known = new Set(found.map(({ pid }) => pid));
    let deadline = clock.monotonic() + killDelay;
    let isKilled = false;
    const check = () => {
      this.reap();
      const left = this.#inGroup(leader);
      const areGone = left.length === 0 || (isKilled && !left.some(({ pid }) => known.has(pid)));
      const isLate = clock.monotonic() >= deadline;
      if (areGone || (isLate && isKilled)) {
        if (!areGone) logger.warning`processes that the app has started do not end: ${listProcesses(left)}`;
        this.#ending.delete(leader);
        return wake();
      }
      if (isLate) {
        isKilled = true;
        deadline += killDelay;
        processes.signalGroup(leader, "SIGKILL");
      }
      clock.after(checkPause, check);
    };
    check();
  }
}
