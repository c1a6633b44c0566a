/**
 * The processes whose workers are threads. For the rest of the master each thread is like a process: it is started and
 * killed alone, and ends alone. One that cannot be ended, because the runtime does not interrupt what runs, makes its
 * process due: the other threads are replaced, new before old, and then the process is killed.
 */

import type { Logger } from "../../log/logger.ts";
import type { FromWorker } from "../../protocol/messages.ts";
import { threadsPerProcess } from "../../settings/worker_range.ts";
import type { ChildProcess, Connection, System } from "../../system/system.ts";
import { isWanted } from "../../core/pool/worker_state.ts";
import type { Generation } from "./generation.ts";
import { type HostProcess, openHostProcess, placesFor } from "./host_process.ts";
import { ThreadHost } from "./thread_host.ts";
import type { WorkerProcess } from "./worker_process.ts";
import type { WorkerTable } from "./worker_table.ts";

/** Starts a process of threads that says hello with `token`. Throws the error of the system. */
type StartThreadHost = (
  slot: number,
  generation: Generation,
  token: string,
  inherited: readonly number[],
) => ChildProcess;

interface ThreadHostsOptions {
  readonly system: System;
  readonly logger: Logger;
  readonly workerTable: WorkerTable;
  readonly start: StartThreadHost;
}

export class ThreadHosts {
  readonly #options: ThreadHostsOptions;
  readonly #hosts = new Set<ThreadHost>();

  constructor(options: ThreadHostsOptions) {
    this.#options = options;
  }

  /** How many processes have not identified themselves. */
  get expected(): number {
    return Array.from(this.#hosts).filter(({ isConnected }) => !isConnected).length;
  }

  /**
   * Starts a thread, in a process of its generation that has a place for it, else in a new one. Throws the error of the
   * system.
   */
  open(slot: number, generation: Generation, isSteering: boolean): WorkerProcess {
    const { system } = this.#options;
    const threads = threadsPerProcess(generation.settings, system.host.cores());
    const open = Array.from(this.#hosts).filter((host) =>
      host.generation === generation && host.isOpen && this.#staying(host).length < threads
    );
    const host = open[0] ?? this.#start(slot, generation, isSteering, threads);
    return host.start(system.host.secret());
  }

  /** Takes in the process that was started with this token; `null` if there is none. */
  link(
    token: string,
    connection: Connection,
  ): { receive(message: FromWorker | null): void; close(): void } | null {
    for (const host of this.#hosts) if (host.redeem(token)) return host.connect(connection);
    return null;
  }

  #start(slot: number, generation: Generation, isSteering: boolean, threads: number): ThreadHost {
    const { system, start } = this.#options;
    const process = openHostProcess(system, {
      ...{ threads, isSteering },
      start: (token, inherited) => start(slot, generation, token, inherited),
    });
    return this.adopt(process, generation);
  }

  /** From now on threads of `generation` start in this process. */
  adopt(process: HostProcess, generation: Generation): ThreadHost {
    const { system, logger } = this.#options;
    const host = new ThreadHost(system, generation, process, {
      places: placesFor(threadsPerProcess(generation.settings, system.host.cores())),
      onStuck: (number) =>
        logger
          .warning`thread ${number} of process ${host.pid} does not end, so the process has to: its other threads are replaced first`,
      onRetired: () => this.#staying(host).forEach((worker) => worker.markForRecycling()),
      onEnd: () => void this.#hosts.delete(host),
    });
    this.#hosts.add(host);
    return host;
  }

  /** The workers of `host` that are not on their way out. */
  #staying(host: ThreadHost) {
    return this.#options.workerTable.bySlot().filter(({ process, state, isDueForRecycling }) =>
      process.thread?.host === host && isWanted(state) && !isDueForRecycling
    );
  }
}
