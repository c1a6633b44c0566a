import type { Counted } from "../../control/master_servers.ts";
import type { Logger } from "../../log/logger.ts";
import { sleep } from "../../system/clock.ts";
import type { System } from "../../system/system.ts";

/** In milliseconds. */
const pollInterval = 500;

/** Descriptors that must be free before the server is opened again: its listener, and some connections. */
const freeDescriptors = 16;

/** Milliseconds between two checks whether clients have moved to the successor. */
const movePause = 10;

/** How long they may take, in milliseconds: a client that asks without a pause is cut off then. */
const longestMove = 2_000;

/**
 * A server of the master that is opened again after its listener was lost: when accepting fails once, as it does when
 * the process is out of file descriptors, the runtime closes the listener and never accepts again.
 */
export class RestoredServer<Server extends Counted> {
  readonly #system: Pick<System, "clock" | "openFiles">;
  readonly #logger: Logger;
  readonly #name: string;
  readonly #open: () => Server | Promise<Server>;
  #server: Server | null = null;
  #isLost = false;
  #isOpening = false;
  #isClosed = false;
  #stopPolling: () => void = () => {};

  /** `name` appears in the log: `control socket /run/control.sock`. */
  constructor(
    system: Pick<System, "clock" | "openFiles">,
    logger: Logger,
    name: string,
    open: () => Server | Promise<Server>,
  ) {
    this.#system = system;
    this.#logger = logger;
    this.#name = name;
    this.#open = open;
  }

  /** Opens the server, and again whenever it is lost. Throws what opening it throws. */
  async open(): Promise<Server> {
    const server = this.#server = await this.#open();
    this.#stopPolling = this.#system.clock.every(pollInterval, () => void this.#poll());
    return server;
  }

  get isListening(): boolean {
    return this.#server?.isListening() === true;
  }

  /**
   * Opens the server again after its file was removed, because clients cannot find it any more. The old one stays
   * open: closing it would remove the file of the new one.
   */
  async replace(): Promise<void> {
    this.#server = null;
    await this.#reopen();
  }

  /**
   * Closes it without cutting off a client, because a successor serves: waits until `haveMoved` says that new clients
   * reach that one, and until those that reached this one have been answered.
   */
  async handOver(haveMoved: () => boolean): Promise<void> {
    const { clock } = this.#system;
    const requests = this.#server?.requests;
    this.#isClosed = true;
    this.#stopPolling();
    const end = clock.monotonic() + longestMove;
    const isOver = () => clock.monotonic() >= end;
    while (!haveMoved() && !isOver()) await sleep(clock, movePause);
    requests?.startClosing();
    while (requests?.isQuiet === false && !isOver()) await sleep(clock, movePause);
    this.close();
  }

  /** Closes it; it is not opened again. */
  close(): void {
    this.#isClosed = true;
    this.#stopPolling();
    void this.#server?.stopAccepting();
    this.#server = null;
  }

  async #poll(): Promise<void> {
    if (this.isListening || this.#isOpening) return;
    if (!this.#isLost) this.#reportLoss();
    if (this.#hasDescriptors()) await this.#reopen();
  }

  #reportLoss(): void {
    this.#isLost = true;
    // This closes idle connections and so frees descriptors; requests in flight continue.
    void this.#server?.stopAccepting();
    this.#logger.warning`${this.#name} accepts no connections: ${this.#reason}`;
  }

  async #reopen(): Promise<void> {
    this.#isOpening = true;
    try {
      const server = await this.#open();
      if (this.#isClosed) return void server.stopAccepting();
      this.#server = server;
      if (this.#isLost) this.#logger.info`${this.#name} accepts connections again`;
      this.#isLost = false;
    } catch {
      // The next poll tries again.
    } finally {
      this.#isOpening = false;
    }
  }

  get #reason(): string {
    if (this.#hasDescriptors()) return "its listener was closed: opening it again";
    const { soft } = this.#system.openFiles.limit();
    return `the master may have ${soft} files open: raise LimitNOFILE= (systemd) or the hard limit (ulimit -Hn); ` +
      "it accepts connections again when enough files are closed";
  }

  /** True where the system does not say: then the attempt to open the server shows it. */
  #hasDescriptors(): boolean {
    try {
      return this.#system.openFiles.hasAvailable(freeDescriptors);
    } catch {
      return true;
    }
  }
}
