/** The control socket of a running master. */

import { serveControl } from "../../control/master_servers.ts";
import type { RunningMaster } from "../../control/master_commands.ts";
import { toDenicornError } from "../../core/errors.ts";
import type { Logger } from "../../log/logger.ts";
import type { Settings } from "../../settings/settings.ts";
import type { MasterServer, System } from "../../system/system.ts";
import type { DirectoryGuard } from "../files/directory_guard.ts";
import type { RuntimeDirectory } from "../files/runtime_directory.ts";
import { RestoredServer } from "./restored_server.ts";

interface ControlSocketOptions {
  readonly system: System;
  readonly logger: Logger;
  readonly settings: Pick<Settings, "controlSocket">;
  readonly directory: Pick<RuntimeDirectory, "controlSocket">;
  readonly directoryGuard: Pick<DirectoryGuard, "keep" | "check">;
  readonly master: RunningMaster;
}

/** True if the operator chose a path: then an old master keeps it until it retires. */
export function isControlSocketChosen({ controlSocket }: Pick<Settings, "controlSocket">): boolean {
  return typeof controlSocket === "string";
}

export class ControlSocket {
  readonly #options: ControlSocketOptions;
  readonly #path: string;
  readonly #isChosen: boolean;
  readonly #server: RestoredServer<MasterServer>;
  #stopGuarding: () => void = () => {};

  constructor(options: ControlSocketOptions) {
    const { settings: { controlSocket }, directory } = options;
    this.#options = options;
    this.#isChosen = isControlSocketChosen(options.settings);
    this.#path = typeof controlSocket === "string" ? controlSocket : directory.controlSocket;
    const { system, logger, master } = options;
    this.#server = new RestoredServer(
      ...[system, logger, `control socket ${this.#path}`] as const,
      () => serveControl(system, this.#path, master),
    );
  }

  /** Where it answers; `null` while it does not. A file that was removed is created again. */
  get path(): string | null {
    const isRestored = this.#options.directoryGuard.check();
    if (!isRestored && !this.#isChosen) return null;
    return this.#server.isListening ? this.#path : null;
  }

  /**
   * Listens, unless it is turned off. A server also works without it, so only a path the operator chose is required.
   * Throws DenicornError `control-socket`.
   */
  async open(): Promise<void> {
    const { system, logger, settings, directory, directoryGuard } = this.#options;
    if (settings.controlSocket === false) return;
    try {
      await this.#server.open();
    } catch (error) {
      if (this.#isChosen) throw error;
      logger.warning`serving without a control socket: ${toDenicornError(error).message}`;
      return;
    }
    // While the listener is lost there is no file to guard.
    const keep = (path: string, make: () => void) =>
      directoryGuard.keep(() => this.#server.isListening ? path : null, make);
    const guards = [keep(this.#path, () => void this.#server.replace())];
    if (this.#isChosen) {
      this.#linkFromDirectory(system);
      guards.push(keep(directory.controlSocket, () => this.#linkFromDirectory(system)));
    }
    this.#stopGuarding = () => guards.forEach((stop) => stop());
  }

  /** Lets `denicorn ctl` find it without --socket. */
  #linkFromDirectory({ files, host }: System): void {
    try {
      const target = this.#path.startsWith("/") ? this.#path : `${host.cwd()}/${this.#path}`;
      files.link(this.#options.directory.controlSocket, target);
    } catch {
      // `denicorn ctl` then needs --socket.
    }
  }

  /** Closes it. Removes the file only if it was open, because otherwise the path may belong to another master. */
  close(): void {
    this.#stopGuarding();
    const wasListening = this.#server.isListening;
    this.#server.close();
    if (wasListening) this.#options.system.files.remove(this.#path);
  }
}
