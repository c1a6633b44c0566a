/** The control socket of a running master: where it is, and what it may ask. */

import { type Commands, Refusal } from "../../control/commands.ts";
import { serveControl } from "../../control/control_server.ts";
import { toDenicornError } from "../../core/errors.ts";
import type { Status } from "../../core/telemetry/status.ts";
import type { Logger } from "../../log/logger.ts";
import { namedSettings, type Settings } from "../../settings/settings.ts";
import type { System } from "../../system/system.ts";
import type { Arbiter } from "../arbiter.ts";
import { OperationQueue } from "./operation_queue.ts";
import type { RuntimeDirectory } from "../files/runtime_directory.ts";
import type { DirectoryGuard } from "../files/directory_guard.ts";

export interface ControlOptions {
  readonly system: System;
  readonly logger: Logger;
  readonly settings: Pick<Settings, "controlSocket">;
  readonly directory: Pick<RuntimeDirectory, "controlSocket">;
  readonly directoryGuard: Pick<DirectoryGuard, "keep">;
}

export class Control {
  readonly #options: ControlOptions;
  #path: string | null = null;
  #close: () => void = () => {};

  constructor(options: ControlOptions) {
    this.#options = options;
  }

  /** Where it answers; `null` while it does not. */
  get path(): string | null {
    return this.#path;
  }

  /** True if a path of the operator's choice is to be answered at. */
  get isChosen(): boolean {
    return typeof this.#options.settings.controlSocket === "string";
  }

  /**
   * From now on `commands` are taken. A server serves without it just as well, so only a place the operator chose
   * is insisted on. Throws DenicornError `control-socket`.
   */
  async open(commands: Commands): Promise<void> {
    const { system, logger, settings, directory, directoryGuard } = this.#options;
    const { controlSocket: chosen } = settings;
    if (chosen === false) return;
    const path = chosen ?? directory.controlSocket;
    try {
      this.#close = await serveControl(system, path, commands);
      this.#path = path;
    } catch (error) {
      if (chosen !== undefined) throw error;
      logger.warning`serving without a control socket: ${toDenicornError(error).message}`;
      return;
    }
    if (chosen !== undefined) this.#leaveTrace(chosen);
    const forget = directoryGuard.keep(() => this.#path === null ? null : directory.controlSocket, () => {
      if (chosen !== undefined) return this.#leaveTrace(chosen);
      // The old server is not closed: that would remove, some moments later, the socket of the new one.
      forget();
      void this.open(commands);
    });
  }

  /** So that `denicorn ctl` finds it without being told where. */
  #leaveTrace(chosen: string): void {
    const { system: { files, host }, directory } = this.#options;
    try {
      files.link(directory.controlSocket, chosen.startsWith("/") ? chosen : `${host.cwd()}/${chosen}`);
    } catch {
      // It has to be told, then.
    }
  }

  close(): void {
    this.#path = null;
    this.#close();
  }
}

/** What may be asked of `arbiter`; `retired` is called when another master serves. */
export function commandsFor(arbiter: Arbiter, status: () => Status, retired: () => void): Commands {
  const operationQueue = new OperationQueue(arbiter);
  return {
    status,
    settings: () =>
      namedSettings.map(({ key, name, plain, show }) => {
        const value = arbiter.settings[key];
        return { name, value: plain(value), shown: show(value) };
      }),
    reload: () => operationQueue.reload(),
    scale: (amount) => operationQueue.scale(amount),
    upgrade: () => operationQueue.upgrade(),
    reopen: () => arbiter.reopenLogs(),
    // What follows from it is done with the next event.
    stop: (how) => arbiter.post({ type: "command", begin: () => arbiter.stop(how) }),
    follow(since, told) {
      arbiter.eventLog.since(since).forEach(told);
      return arbiter.eventLog.follow(told);
    },
    handOver: (post) => arbiter.handOver(post),
    retire() {
      // Else the places would be closed, and this master would serve on without them.
      if (arbiter.phase !== "upgrading") {
        throw new Refusal("conflict", "no upgrade is under way: this master keeps serving");
      }
      arbiter.post({ type: "retire" });
      retired();
    },
  };
}
