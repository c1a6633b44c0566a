/** The control socket of a running master. */

import { type Counted, serveControl } from "../../control/master_servers.ts";
import type { RunningMaster } from "../../control/master_commands.ts";
import { toDenicornError } from "../../core/errors.ts";
import type { Logger } from "../../log/logger.ts";
import type { Settings } from "../../settings/settings.ts";
import { sleep } from "../../system/clock.ts";
import type { System } from "../../system/system.ts";
import { orReport } from "../files/directory_failure.ts";
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

/** Milliseconds in which a new master certainly replaces the pidfile. */
const noticePeriod = 250;

/** True if the operator chose a path: then an old master keeps it until it retires. */
export function isControlSocketChosen({ controlSocket }: Pick<Settings, "controlSocket">): boolean {
  return typeof controlSocket === "string";
}

export class ControlSocket {
  readonly #options: ControlSocketOptions;
  readonly #path: string;
  readonly #isChosen: boolean;
  readonly #server: RestoredServer<Counted>;
  /** Of the file; -1 while there is none of this master. */
  #inode = -1;
  /** The master of which this one takes the path over. */
  #oldMaster: number | null = null;
  #stopGuarding: () => void = () => {};

  constructor(options: ControlSocketOptions) {
    const { settings: { controlSocket }, directory } = options;
    this.#options = options;
    this.#isChosen = isControlSocketChosen(options.settings);
    this.#path = typeof controlSocket === "string" ? controlSocket : directory.controlSocket;
    const { system, logger, master } = options;
    this.#server = new RestoredServer(
      ...[system, logger, `control socket ${this.#path}`] as const,
      async () => {
        const server = await serveControl(system, this.#path, master, this.#oldMaster);
        this.#inode = this.#currentInode;
        return server;
      },
    );
  }

  /** Where it answers; `null` while it does not. A file that was removed is created again. */
  get path(): string | null {
    const isRestored = this.#options.directoryGuard.check();
    if (!isRestored && !this.#isChosen) return null;
    return this.#server.isListening ? this.#path : null;
  }

  get #currentInode(): number {
    return this.#options.system.files.lstat(this.#path)?.inode ?? 0;
  }

  /**
   * Listens, unless it is turned off; also in place of process `oldMaster`, which retires. A server also works without
   * it, so only a path the operator chose is required. Throws DenicornError `control-socket`.
   */
  async open(oldMaster: number | null = null): Promise<void> {
    this.#oldMaster = oldMaster;
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

  /** A successor serves: closes it when clients reach that one, and nothing is on its way to this master. */
  async handOver(): Promise<void> {
    this.#stopGuarding();
    if (!this.#isChosen) {
      // Until then a client may read the pidfile that still names this master.
      await sleep(this.#options.system.clock, noticePeriod);
      this.#removeFile();
    }
    await this.#server.handOver(() => this.#currentInode !== this.#inode);
    this.close();
  }

  /** Closes it. Removes the file only if it is its own, because otherwise the path belongs to another master. */
  close(): void {
    this.#stopGuarding();
    this.#server.close();
    this.#removeFile();
  }

  #removeFile(): void {
    const { system, logger } = this.#options;
    // One in the runtime directory is removed with it.
    const report = (line: string) => void (this.#isChosen && logger.warning`${line}`);
    if (this.#currentInode === this.#inode) {
      orReport(this.#path, report, () => system.files.remove(this.#path));
    }
    this.#inode = -1;
  }
}
