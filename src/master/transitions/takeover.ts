/**
 * An upgrade, on the side of the new master. The old one freezes its group of listeners and hands over copies; the
 * new workers join behind them; when all are ready this master takes over steering and tells the old one to go.
 *
 * Should the old master die before that, its workers serve on: they know who comes after it. To close their sockets
 * would reset who waits in them, and to keep copies of sockets that nobody accepts from would keep new ones waiting;
 * this way nothing is lost. But nobody looks after them either, so this master steers at once, buries who dies, and
 * takes over as soon as one worker of its own is ready.
 */

import type { Handover } from "../../control/master_commands.ts";
import { handOver, retire } from "../../control/control_client.ts";
import { DenicornError, toDenicornError } from "../../core/errors.ts";
import { killMargin } from "../../core/pool/worker_state.ts";
import type { Logger } from "../../log/logger.ts";
import type { Settings } from "../../settings/settings.ts";
import { formatAddress, toListenError } from "../../system/listen_error.ts";
import type { System, TcpAddress } from "../../system/system.ts";
import type { Steering } from "../listeners/steering.ts";

/** What a dead predecessor leaves to do without. */
const nothing: Handover = { pid: 0, addresses: [], workers: [], areSent: false, target: 0 };

/** Between two looks at whether an address is free. */
const freePause = 50;

export class Takeover {
  readonly #system: System;
  readonly #logger: Logger;
  readonly #socket: string;
  readonly #steering: Steering;
  /** What else to claim once the old master lets go of it; `null` if it is not known who that was. */
  readonly #claim: (oldMaster: number | null) => Promise<void>;
  /** Milliseconds that an old worker may take to finish. */
  #drainTime = 0;
  #handover = nothing;
  /** The old master is gone. */
  #isAlone = false;
  /** The old workers, as far as they are there. */
  #orphans: ReadonlySet<number> = new Set();
  #cancelKill: () => void = () => {};
  #state: "waiting" | "serving" | "over" = "waiting";

  /** `socket` is the old master's control socket. */
  constructor(
    system: System,
    logger: Logger,
    socket: string,
    steering: Steering,
    claim: (oldMaster: number | null) => Promise<void>,
  ) {
    this.#system = system;
    this.#logger = logger;
    this.#socket = socket;
    this.#steering = steering;
    this.#claim = claim;
  }

  /** How many workers the old master has; `undefined` if it does not tell, or has drained them all. */
  get target(): number | undefined {
    const { target } = this.#handover;
    return target > 0 ? target : undefined;
  }

  /** True until the old master is gone, and its workers are. */
  get inProgress(): boolean {
    return this.#state !== "over";
  }

  /** True until this master takes over. */
  get isWaiting(): boolean {
    return this.#state === "waiting";
  }

  get #oldMaster(): string {
    return this.#handover === nothing ? "the old master" : `process ${this.#handover.pid}`;
  }

  get #isPredecessorAlive(): boolean {
    return this.#handover !== nothing && this.#system.processes.isAlive(this.#handover.pid);
  }

  /** Takes the old master's listeners. Throws DenicornError if it does not give them, or for other addresses. */
  async prepare({ bind, gracefulTimeout }: Pick<Settings, "bind" | "gracefulTimeout">): Promise<void> {
    this.#drainTime = gracefulTimeout + killMargin;
    try {
      this.#handover = await handOver(this.#system, this.#socket, this.#steering.fdInbox);
    } catch (error) {
      if (await this.#system.network.answers(this.#socket)) throw error;
      // Its workers know of no successor: they finish.
      this.#isAlone = true;
      this.#logger.warning("the old master is gone before it handed over anything: starting in its place");
      return await this.#untilFree(bind);
    }
    const { addresses: old, workers, areSent } = this.#handover;
    const own = bind.map(formatAddress);
    if (own.join() !== old.join()) {
      throw new DenicornError(
        "upgrade",
        `cannot take over: bind is ${own.join(", ")} and was ${
          old.join(", ")
        }: an upgrade keeps the addresses; ` +
          "restart the server to change them",
      );
    }
    this.#orphans = new Set(workers);
    if (areSent) this.#steering.adopt(workers, bind.length);
    // They are in the kernel's group all the same, at places that nobody knows.
    else if (workers.length > 0) this.#steering.giveUp("the old master does not steer: restart the server");
  }

  async #untilFree(addresses: readonly TcpAddress[]): Promise<void> {
    const { clock, network } = this.#system;
    const end = clock.monotonic() + this.#drainTime;
    for (const address of addresses) {
      for (;;) {
        try {
          network.probe(address);
          break;
        } catch (error) {
          if (clock.monotonic() >= end) throw toListenError(error, address);
          await new Promise<void>((resolve) => clock.after(freePause, resolve));
        }
      }
    }
  }

  /**
   * To be called when workers have come or gone: `areAllReady` of those that shall serve, or `isAnyReady`. Takes over
   * when it is time; `onTakeOver` is called once.
   */
  reconcile(areAllReady: boolean, isAnyReady: boolean, onTakeOver: (oldMaster: string) => void): void {
    if (this.#state !== "waiting" || !(areAllReady || (this.#isAlone && isAnyReady))) return;
    this.#state = "serving";
    this.#steering.takeOver();
    onTakeOver(this.#oldMaster);
    void this.#succeed();
  }

  /** Whatever becomes of it, this master serves. */
  async #succeed(): Promise<void> {
    if (this.#isAlone) this.#dismiss();
    else await this.#orWarn(() => retire(this.#system, this.#socket));
    const { pid } = this.#handover;
    await this.#orWarn(() => this.#claim(this.#handover === nothing ? null : pid));
  }

  async #orWarn(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#logger.warning`${toDenicornError(error).message}`;
    }
  }

  /** To be called now and then: goes on alone when the old master is gone, and lets go of its workers' listeners. */
  tick(): void {
    const { processes } = this.#system;
    if (this.#state === "over" || this.#isPredecessorAlive) return;
    this.#bury(new Set(Array.from(this.#orphans).filter((pid) => !processes.isAlive(pid))));
    if (!this.#isAlone) this.#goOnAlone();
    if (this.#state !== "serving" || this.#orphans.size > 0) return;
    this.#state = "over";
    this.#cancelKill();
    this.#logger.info`${this.#oldMaster} is gone: the upgrade is complete`;
  }

  #goOnAlone(): void {
    this.#isAlone = true;
    if (this.#state === "serving") return this.#dismiss();
    this.#steering.takeOver();
    this.#logger
      .warning`${this.#oldMaster} is gone before this one serves: its workers serve until one of this master is ready`;
  }

  /** While they serve each of them is missed. */
  #bury(gone: ReadonlySet<number>): void {
    if (gone.size === 0) return;
    this.#orphans = this.#orphans.difference(gone);
    this.#steering.releaseAdopted(gone);
    if (this.#state === "serving") return;
    gone.forEach((pid) => this.#logger.warning`worker process ${pid} of the old master is gone`);
  }

  /** The old workers finish; who does not is killed, as their master would. */
  #dismiss(): void {
    const { clock, processes } = this.#system;
    const tell = (signal: "SIGTERM" | "SIGKILL") =>
      this.#orphans.forEach((pid) => processes.signal(pid, signal));
    tell("SIGTERM");
    this.#cancelKill = clock.after(this.#drainTime, () => tell("SIGKILL"));
  }
}
