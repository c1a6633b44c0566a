/**
 * An upgrade, on the side of the new master. The old one freezes its group of listeners and hands over copies; the
 * new workers join behind them; when all are ready this master takes over steering and tells the old one to go.
 */

import { handOver, retire } from "../control/control_client.ts";
import { DenicornError, toDenicornError } from "../core/errors.ts";
import type { Logger } from "../log/logger.ts";
import { formatAddress } from "../system/listen_error.ts";
import type { System, TcpAddress } from "../system/system.ts";
import type { Steering } from "./steering.ts";

export class Succession {
  readonly #system: System;
  readonly #logger: Logger;
  readonly #socket: string;
  readonly #steering: Steering;
  /** What else to claim once the old master lets go of it. */
  readonly #claim: (predecessor: number) => Promise<void>;
  #pid = 0;
  #target = 0;
  #state: "waiting" | "serving" | "over" = "waiting";

  /** `socket` is the old master's control socket. */
  constructor(
    system: System,
    logger: Logger,
    socket: string,
    steering: Steering,
    claim: (predecessor: number) => Promise<void>,
  ) {
    this.#system = system;
    this.#logger = logger;
    this.#socket = socket;
    this.#steering = steering;
    this.#claim = claim;
  }

  /** How many workers the old master has; `undefined` if it does not tell, or has drained them all. */
  get target(): number | undefined {
    return this.#target > 0 ? this.#target : undefined;
  }

  /** True until the old master is gone. */
  get isUnderWay(): boolean {
    return this.#state !== "over";
  }

  /** True until this master takes over. */
  get isWaiting(): boolean {
    return this.#state === "waiting";
  }

  /** Takes the old master's listeners. Throws DenicornError if it does not give them, or for other addresses. */
  async prepare(addresses: readonly TcpAddress[]): Promise<void> {
    const { postBox } = this.#steering;
    const { pid, addresses: old, listeners, target } = await handOver(this.#system, this.#socket, postBox);
    const own = addresses.map(formatAddress);
    if (own.join() !== old.join()) {
      throw new DenicornError(
        "upgrade",
        `cannot take over: bind is ${own.join(", ")} and was ${
          old.join(", ")
        }: an upgrade keeps the addresses; ` +
          "restart the server to change them",
      );
    }
    this.#pid = pid;
    this.#target = target;
    this.#steering.adopt(listeners, addresses.length);
  }

  /** All workers are ready: from now on they get the new connections. `onTakeOver` is called once. */
  takeOver(onTakeOver: (predecessor: number) => void): void {
    if (this.#state !== "waiting") return;
    this.#state = "serving";
    this.#steering.takeOver();
    onTakeOver(this.#pid);
    void this.#retirePredecessor();
  }

  /** Whatever becomes of it, this master serves. */
  async #retirePredecessor(): Promise<void> {
    await this.#orWarn(() => retire(this.#system, this.#socket));
    await this.#orWarn(() => this.#claim(this.#pid));
  }

  async #orWarn(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#logger.warning`${toDenicornError(error).message}`;
    }
  }

  /** To be called now and then: lets go of the old listeners when nobody needs them any more. */
  tick(): void {
    if (this.#state !== "serving" || this.#system.processes.isAlive(this.#pid)) return;
    this.#state = "over";
    this.#steering.releaseAdopted();
    this.#logger.info`process ${this.#pid} is gone: the upgrade is complete`;
  }
}
