/** Starts worker processes, and sends each its configuration once it is connected and its bundle is built. */

import { version } from "../../core/version.ts";
import type { Log } from "../../log/logger.ts";
import { workerEnvironment } from "../../protocol/messages.ts";
import { namedSettings } from "../../settings/settings.ts";
import { selfCommand } from "../../system/self_command.ts";
import type { ChildProcess, System } from "../../system/system.ts";
import type { Credentials } from "../files/credentials.ts";
import type { DirectoryGuard } from "../files/directory_guard.ts";
import type { MasterEvent } from "./events.ts";
import type { Generation } from "./generation.ts";
import { type SharedResources, workerConfigFor } from "./worker_config.ts";
import type { Scoreboard } from "./scoreboard.ts";
import { WorkerHandle } from "./worker_handle.ts";
import type { WorkerTable } from "./worker_table.ts";

/** Starts the process of one worker. Throws the error of the system if that fails. */
export type StartWorkerProcess = (slot: number, generation: Generation, token: string) => ChildProcess;

interface SpawnerOptions {
  readonly system: System;
  readonly log: Log;
  readonly startProcess: StartWorkerProcess;
  readonly workerTable: WorkerTable;
  readonly scoreboard: Scoreboard;
  readonly sharedResources: () => SharedResources;
  readonly post: (event: MasterEvent) => void;
}

export class Spawner {
  readonly #options: SpawnerOptions;
  /** The version of the last worker. */
  #version = version;

  constructor(options: SpawnerOptions) {
    this.#options = options;
  }

  /** Throws the error of the system if the process cannot be started. */
  spawn(slot: number, generation: Generation): void {
    const { system, log, startProcess, workerTable, scoreboard, post } = this.#options;
    const token = system.host.secret();
    scoreboard.clear(slot);
    const process = startProcess(slot, generation, token);
    const worker = new WorkerHandle(slot, generation, process, system.clock.monotonic());
    workerTable.add(worker, token);
    log.logger.with(worker.identity).debug("started");
    void process.exited.then(async (status) => {
      // Its last messages, such as why it could not boot, may still be on their way.
      await worker.disconnected;
      post({ type: "exit", worker, status });
    });
  }

  /**
   * Warns once when workers run another version than this master. The file of a running master cannot be
   * started again after it was replaced: the runtime looks for its data under the name that the file had.
   */
  checkVersion(found: string): void {
    if (found !== this.#version && found !== version) {
      this.#options.log.logger
        .warning`the executable was replaced: workers run version ${found} and this master ${version}: send USR2`;
    }
    this.#version = found;
  }

  /** Sends the worker its config, once it is connected and its bundle is built. */
  sendConfig(worker: WorkerHandle): void {
    const { bundle } = worker.generation;
    if (bundle === null || worker.isConfigured || !worker.isConnected) return;
    worker.markConfigured();
    const { system, sharedResources } = this.#options;
    const place = { slot: worker.slot, age: system.clock.monotonic() - worker.bornAt };
    const config = workerConfigFor(worker.generation, bundle, place, sharedResources());
    worker.send({ type: "load", config });
  }
}

/** Starts this program again with `--worker`; `channelPath` is the socket that workers connect to. */
export function workerProcessStarter(
  system: System,
  channelPath: string,
  credentials: Credentials,
  scoreboard: Scoreboard,
  directoryGuard: DirectoryGuard,
): StartWorkerProcess {
  const [command, ...prefix] = selfCommand(system);
  return (slot, generation, token) => {
    directoryGuard.require();
    return system.processes.spawn({
      command,
      // What follows --worker is only for readers of `ps`.
      args: [
        ...prefix,
        "--worker",
        `worker=${slot}`,
        `gen=${generation.number}`,
        generation.settings.app ?? "",
      ],
      env: {
        ...withoutSecrets(system.host.environment()),
        ...Object.fromEntries(generation.settings.env),
        [workerEnvironment.channel]: channelPath,
        [workerEnvironment.token]: token,
      },
      inherited: scoreboard.descriptor === null ? [] : [scoreboard.descriptor],
      ...credentials,
    });
  };
}

/** The app must not see the master's tokens. */
function withoutSecrets(environment: Readonly<Record<string, string>>): Record<string, string> {
  const secrets = new Set(namedSettings.filter(({ secret }) => secret).map(({ variable }) => variable));
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !secrets.has(name)));
}
