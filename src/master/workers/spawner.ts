/** Starts worker processes, and sends each its configuration once it is connected and its bundle is built. */

import type { Credentials } from "../../account/credentials.ts";
import { version } from "../../core/version.ts";
import type { WorkerRole } from "../../protocol/messages.ts";
import type { TaskConfig } from "../../protocol/task_messages.ts";
import type { Log, Logger } from "../../log/logger.ts";
import { sleep } from "../../system/clock.ts";
import type { ChildProcess, System } from "../../system/system.ts";
import { enterOrRoot } from "../../system/host/working_directory.ts";
import type { DirectoryGuard } from "../files/directory_guard.ts";
import type { MasterEvent } from "./events.ts";
import type { Generation } from "./generation.ts";
import { limitedCommands } from "./heap_limits.ts";
import { type SharedResources, workerConfigFor } from "./worker_config.ts";
import { firstSlot, type Scoreboard } from "./scoreboard.ts";
import type { ThreadHosts } from "./thread_hosts.ts";
import { WorkerHandle } from "./worker_handle.ts";
import { openWorkerProcess, startWorkerProcess, type WorkerProcess } from "./worker_process.ts";
import type { WorkerTable } from "./worker_table.ts";

/** Starts the process of one worker. Throws the error of the system if that fails. */
export type StartWorkerProcess = (
  slot: number,
  generation: Generation,
  token: string,
  inherited: readonly number[],
  role: WorkerRole,
  /** The workers of the process are threads. */
  hasThreads?: boolean,
) => ChildProcess;

interface SpawnerOptions {
  readonly system: System;
  readonly log: Log;
  readonly startProcess: StartWorkerProcess;
  /** Where workers that are threads start; `null` if none of them is. */
  readonly threadHosts: ThreadHosts | null;
  readonly workerTable: WorkerTable;
  readonly scoreboard: Scoreboard;
  readonly sharedResources: () => SharedResources;
  /** Of its workers. */
  readonly role: WorkerRole;
  /** What a worker needs for tasks; `null` if its app has none. */
  readonly tasksFor: (worker: WorkerHandle) => TaskConfig | null;
  /** False while a hook is to be called before the worker of this number is started: `wake` follows. */
  readonly maySpawn: (number: number, generation: Generation) => boolean;
  /** The process of the worker runs. */
  readonly onStart: (worker: WorkerHandle) => void;
  /** Whether the master wants copies of the listening sockets. */
  readonly isSteering: () => boolean;
  readonly post: (event: MasterEvent) => void;
}

/** Reading what a process sent before it ended takes milliseconds. */
const lastWordsTimeout = 2_000;

export class Spawner {
  readonly #options: SpawnerOptions;
  /** The version of the last worker. */
  #version = version;

  constructor(options: SpawnerOptions) {
    this.#options = options;
  }

  /** Throws the error of the system if the process cannot be started. Does nothing while a hook comes first. */
  spawn(slot: number, generation: Generation): void {
    const { scoreboard, role, maySpawn } = this.#options;
    if (!maySpawn(slot - firstSlot(role), generation)) return;
    scoreboard.clear(slot);
    this.adopt(slot, generation, this.#open(slot, generation));
  }

  #open(slot: number, generation: Generation): WorkerProcess {
    const { system, startProcess, threadHosts, isSteering, role } = this.#options;
    if (threadHosts !== null && generation.settings.workerClass === "threads") {
      return threadHosts.open(slot, generation, isSteering());
    }
    return openWorkerProcess(
      system,
      isSteering(),
      (token, inherited) => startProcess(slot, generation, token, inherited, role),
    );
  }

  /** From now on the process counts as a worker. */
  adopt(slot: number, generation: Generation, { process, token, fdPair }: WorkerProcess): void {
    const { system, log, workerTable, role, onStart, post } = this.#options;
    const worker = new WorkerHandle(slot, generation, process, system.clock.monotonic(), fdPair, role);
    workerTable.add(worker, token);
    log.logger.with(worker.identity).debug("started");
    onStart(worker);
    void process.exited.then(async (status) => {
      // Its last messages, such as why it could not boot, may still be on their way. But it may also have given its
      // channel to a process that still runs.
      await Promise.race([worker.disconnected, sleep(system.clock, lastWordsTimeout)]);
      worker.disconnect(system.clock.monotonic());
      post({ type: "exit", worker, status });
    });
  }

  /**
   * Warns once when workers run another version than this master: from source they load the modules that are there when
   * they start.
   */
  checkVersion(found: string): void {
    if (found !== this.#version && found !== version) {
      this.#options.log.logger
        .warning`the source of Denicorn was replaced: workers run version ${found} and this master ${version}: send USR2`;
    }
    this.#version = found;
  }

  /** Sends the worker its config, once it is connected and its bundle is built. */
  sendConfig(worker: WorkerHandle): void {
    const { bundle } = worker.generation;
    if (bundle === null || worker.isConfigured || !worker.isConnected) return;
    const { system, role, isSteering, sharedResources, tasksFor } = this.#options;
    const place = {
      place: worker.slot,
      slot: worker.number,
      thread: worker.process.thread?.number ?? null,
      role,
      tasks: tasksFor(worker),
      age: worker.bootingFor(system.clock.monotonic()),
      fdInbox: isSteering() ? worker.fdPair?.descriptor ?? null : null,
    };
    const config = workerConfigFor(worker.generation, bundle, place, sharedResources());
    worker.send({ type: "load", config });
  }
}

interface StarterOptions {
  readonly system: System;
  readonly logger: Logger;
  /** The socket that workers connect to. */
  readonly channelPath: string;
  readonly credentials: Credentials;
  readonly scoreboard: Scoreboard;
  /** Opens the shared sockets that workers inherit, unless they are open. Throws DenicornError. */
  readonly requireSockets: () => readonly number[];
  readonly directoryGuard: DirectoryGuard;
}

/** Starts processes of workers in the working directory of their generation. */
export function workerProcessStarter(
  { system, logger, channelPath, credentials, scoreboard, requireSockets, directoryGuard }: StarterOptions,
): StartWorkerProcess {
  const commandFor = limitedCommands(system, logger);
  /** The generation whose directory was reported as gone. */
  let reported = 0;
  const enter = ({ number, directory }: Generation) => {
    // The process inherits it: one that runs as another user need not be able to enter it.
    const failure = enterOrRoot(system, directory);
    if (failure === null) return directory;
    const problem = `cannot enter the working directory of generation ${number}: ${directory} (${failure})`;
    if (reported !== number) {
      logger.warning`${problem}: its new workers run in /: reload to serve what is there now`;
    }
    reported = number;
    return "/";
  };
  return (slot, generation, token, inherited, role, hasThreads = false) => {
    directoryGuard.require();
    const directory = enter(generation);
    return startWorkerProcess(system, {
      command: commandFor(generation),
      hasThreads,
      ...{ number: slot - firstSlot(role), role, generation, token, channelPath, directory, credentials },
      inherited: [
        ...inherited,
        ...(scoreboard.descriptor === null ? [] : [scoreboard.descriptor]),
        ...(role === "tasks" ? [] : requireSockets()),
      ],
    });
  };
}
