/**
 * An upgrade, on the side of the new master. The old master freezes its group of listeners and hands over copies; the
 * new workers join behind them; when all are ready this master takes over steering and asks the old one to retire.
 *
 * If the old master dies before that, its workers continue to serve: they know which process takes over. Closing their
 * sockets would reset the connections that wait in them, and copies of sockets from which no process accepts would keep
 * new connections waiting; this way nothing is lost. But no process supervises them either, so this master steers at
 * once, removes workers that die from the group, and takes over as soon as one worker of its own is ready.
 */

import type { Handover, LateChanges } from "../../control/master_commands.ts";
import { handOver, retire } from "../../control/control_client.ts";
import { DenicornError, toDenicornError } from "../../core/errors.ts";
import { drainLimit } from "../../core/pool/worker_state.ts";
import type { Logger } from "../../log/logger.ts";
import { parseAddress } from "../../settings/kinds/address.ts";
import type { Settings } from "../../settings/settings.ts";
import { sleep } from "../../system/clock.ts";
import { formatAddress, toListenError } from "../../system/network/listen_error.ts";
import type { System, TcpAddress } from "../../system/system.ts";
import { requireFree } from "../listeners/free_addresses.ts";
import type { Steering } from "../listeners/steering.ts";
import type { OldMaster } from "./launch.ts";
import { adoptOrphanedListeners } from "./orphaned_listeners.ts";

/** Milliseconds between two checks whether an address is free. */
const freePause = 50;

/** Milliseconds that an old master may be without a control socket. */
const longestLoss = 2_000;

/** Milliseconds between two requests to retire. */
const retirePause = 500;

interface TakeoverOptions {
  readonly system: System;
  readonly logger: Logger;
  readonly oldMaster: OldMaster;
  readonly steering: Steering;
  /** Lets workers send to the fd inbox, although they run as another user. */
  readonly shareInbox: () => void;
}

export class Takeover {
  readonly #system: System;
  readonly #logger: Logger;
  readonly #oldMaster: OldMaster;
  readonly #steering: Steering;
  readonly #released = Promise.withResolvers<void>();
  readonly #handover: Handover;
  /** Milliseconds that an old worker may take to finish. */
  readonly #drainTime: number;
  /** The old master is gone. */
  #isAlone: boolean;
  /** The process ids of the workers of the old master that still run. */
  #oldWorkers: ReadonlySet<number>;
  #cancelKill: () => void = () => {};
  #state: "waiting" | "serving" | "over" = "waiting";
  #prepare: () => Promise<void> = () => Promise.resolve();
  #catchUp: (late: Partial<LateChanges>) => void = () => {};
  #onGone: () => void = () => {};
  /** Nobody else gets the addresses that the workers of a dead master have left until then. */
  readonly leaveAddresses: () => void;
  /** Where the old master leaves its last status. */
  #lastStatus: string | null = null;

  private constructor(
    { system, logger, oldMaster, steering }: TakeoverOptions,
    handover: Handover,
    drainTime: number,
    isAlone = false,
    leaveAddresses = () => {},
  ) {
    this.leaveAddresses = leaveAddresses;
    this.#system = system;
    this.#logger = logger;
    this.#oldMaster = oldMaster;
    this.#steering = steering;
    this.#handover = handover;
    this.#drainTime = drainTime;
    this.#isAlone = isAlone;
    this.#oldWorkers = new Set(handover.workers);
  }

  /** Takes copies of the old master's listeners. Throws DenicornError if that fails, or if `bind` has changed. */
  static async begin(
    options: TakeoverOptions,
    { bind, isBindDefault, gracefulTimeout, shutdownTimeout, drainIdle }:
      & Pick<Settings, "gracefulTimeout" | "shutdownTimeout" | "drainIdle">
      & { readonly bind: readonly TcpAddress[]; readonly isBindDefault: boolean },
  ): Promise<Takeover> {
    const { system, logger, steering } = options;
    const drainTime = drainLimit({ gracefulTimeout, shutdownTimeout });
    const received = await receiveHandover(options);
    const handover = received ?? options.oldMaster.handover;
    // Otherwise programs say where they listen, and the first worker's says it again.
    if (!isBindDefault) refuseOtherAddresses(bind, handover.addresses.slice(0, bind.length));
    const count = handover.addresses.length;
    if (received === null && !handover.workers.some((pid) => system.processes.isAlive(pid))) {
      logger.warning("the old master and its workers died: starting in their place");
      await untilFree(system, handover.addresses.flatMap((text) => parseAddress(text) ?? []), drainTime);
      return new Takeover(options, { ...handover, workers: [] }, drainTime, true);
    }
    if (received === null) {
      options.shareInbox();
      const reason = await adoptOrphanedListeners(system, logger, options.oldMaster, steering, count);
      if (reason !== null) {
        // Killed while it started this process, it had no time to announce it: its workers leave.
        const addresses = handover.addresses.flatMap((text) => parseAddress(text) ?? []);
        const leave = await reserveLeft(system, logger, addresses, drainIdle);
        if (leave !== null) return new Takeover(options, handover, drainTime, true, leave);
        steering.giveUp(reason);
      }
    } else if (received.areSent) {
      steering.adopt(received.workers, count);
    } else if (received.workers.length > 0) {
      // Its workers are in the kernel's group anyway, at unknown places.
      steering.giveUp("the old master does not steer: restart the server");
    }
    return new Takeover(options, handover, drainTime);
  }

  /** The target of the old master, and the range of its settings; `undefined` if all its workers were drained. */
  get inherited(): Pick<Handover, "target" | "range"> | undefined {
    return this.#handover.target === 0 ? undefined : this.#handover;
  }

  /** Where this master takes part in the channels of the old one's workers; `null` if it cannot. */
  get channels(): Handover["channels"] {
    return this.#handover.channels;
  }

  /** Where the old master listens. */
  get addresses(): readonly string[] {
    return this.#handover.addresses;
  }

  /** Resolves when the old master was asked to retire: it releases what only one master can have, such as the pidfile. */
  get released(): Promise<void> {
    return this.#released.promise;
  }

  /** The process of the old master. */
  get oldMaster(): number {
    return this.#oldMaster.pid;
  }

  /** True until the old master and its workers are gone. */
  get inProgress(): boolean {
    return this.#state !== "over";
  }

  /** True until this master takes over. */
  get isWaiting(): boolean {
    return this.#state === "waiting";
  }

  get #isOldMasterAlive(): boolean {
    return this.#system.processes.isAlive(this.#oldMaster.pid);
  }

  /**
   * Call it after every event. It takes over when the pool is complete, or with the first ready worker if the old master
   * is gone, and then calls `onTakeOver`, once.
   */
  reconcile(areAllReady: boolean, isAnyReady: boolean, onTakeOver: (oldMaster: number) => void): void {
    if (this.#state !== "waiting" || !(areAllReady || (this.#isAlone && isAnyReady))) return;
    this.#state = "serving";
    this.#steering.takeOver();
    onTakeOver(this.#oldMaster.pid);
    void this.#finish();
  }

  /** Calls `prepare` when this master takes over, and waits for it before it asks the old one to retire. */
  beforeRetirement(prepare: () => Promise<void>): void {
    this.#prepare = prepare;
  }

  /** Calls `catchUp` when the old master retires. */
  onRetirement(catchUp: (late: Partial<LateChanges>) => void): void {
    this.#catchUp = catchUp;
  }

  /** The old master leaves its last status at `path`. Calls `onGone` when it has ended. */
  leaveStatusAt(path: string, onGone: () => void): void {
    this.#lastStatus = path;
    this.#onGone = onGone;
  }

  /** Ends the old master and its workers. This master serves even if that fails. */
  async #finish(): Promise<void> {
    try {
      if (this.#isAlone) this.#endOldWorkers();
      else {
        await this.#prepare();
        this.#catchUp(await this.#retireOldMaster());
        this.#steering.takeOver();
      }
    } catch (error) {
      const { code, message } = toDenicornError(error);
      // One without workers ends before its answer is sent.
      const hasEnded = code === "no-server" && !this.#isOldMasterAlive;
      if (!hasEnded) this.#logger.warning`${message}`;
    }
    this.#released.resolve();
  }

  async #retireOldMaster(): Promise<Partial<LateChanges>> {
    const { clock, network } = this.#system;
    const { socket } = this.#oldMaster;
    for (;;) {
      try {
        return await retire(this.#system, socket, this.#lastStatus);
      } catch (error) {
        if (!this.#isOldMasterAlive || await network.answers(socket)) throw error;
      }
      // It has lost its control socket, for example because it is out of file descriptors, and will open it again.
      await sleep(clock, retirePause);
    }
  }

  /** Call it with every tick: continues alone when the old master is gone, and releases the listeners of its workers. */
  tick(): void {
    const { processes } = this.#system;
    if (this.#state === "over") return;
    // Until it handles the request to retire, the old master steers as well, even each millisecond, to its own workers.
    if (this.#state === "serving") this.#steering.takeOver();
    if (this.#isOldMasterAlive) return;
    this.#releaseListeners(new Set(Array.from(this.#oldWorkers).filter((pid) => !processes.isAlive(pid))));
    if (!this.#isAlone) this.#continueAlone();
    if (this.#state !== "serving" || this.#oldWorkers.size > 0) return;
    this.#state = "over";
    this.#cancelKill();
    this.#removeLeftovers();
    this.#onGone();
    this.#logger.info`process ${this.#oldMaster.pid} is gone: the upgrade is complete`;
  }

  /** Workers of a dead master do not remove its directory while a successor may need it. */
  #removeLeftovers(): void {
    try {
      this.#system.files.remove(this.#oldMaster.runtimeDirectory);
    } catch {
      // The next start removes it.
    }
  }

  #continueAlone(): void {
    this.#isAlone = true;
    if (this.#state === "serving") return this.#endOldWorkers();
    this.#steering.takeOver();
    this.#logger
      .warning`process ${this.#oldMaster.pid} died during the upgrade: its workers serve until one of this master is ready`;
  }

  #releaseListeners(gone: ReadonlySet<number>): void {
    if (gone.size === 0) return;
    this.#oldWorkers = this.#oldWorkers.difference(gone);
    this.#steering.releaseAdopted(gone);
    if (this.#state === "serving") return;
    gone.forEach((pid) => this.#logger.warning`worker process ${pid} of the old master is gone`);
  }

  /** The workers of the old master finish; those that do not are killed, as their master would have done. */
  #endOldWorkers(): void {
    const { clock, processes } = this.#system;
    const signalAll = (signal: "SIGTERM" | "SIGKILL") =>
      this.#oldWorkers.forEach((pid) => processes.signal(pid, signal));
    signalAll("SIGTERM");
    this.#cancelKill = clock.after(this.#drainTime, () => signalAll("SIGKILL"));
  }
}

/** `null` if the old master is dead. Throws DenicornError if it lives and does not hand over. */
async function receiveHandover(
  { system, oldMaster, steering }: TakeoverOptions,
): Promise<Handover | null> {
  const { clock, processes } = system;
  const end = clock.monotonic() + longestLoss;
  while (processes.isAlive(oldMaster.pid)) {
    try {
      return await handOver(system, oldMaster.socket, steering.fdInbox);
    } catch (error) {
      // It may be dying, or have lost its control socket for a moment.
      if (toDenicornError(error).code !== "no-server" || clock.monotonic() >= end) throw error;
      await sleep(clock, freePause);
    }
  }
  return null;
}

/** As `requireFree`, if no worker of the old master listens any more, or stops within a moment; else `null`. */
async function reserveLeft(
  system: System,
  logger: Logger,
  bind: readonly TcpAddress[],
  drainIdle: number,
): Promise<(() => void) | null> {
  try {
    const leave = await requireFree(system, logger, { bind, drainIdle });
    logger.warning("the old master died and its workers leave: starting in their place");
    return leave;
  } catch {
    return null;
  }
}

async function untilFree(
  { clock, network }: System,
  addresses: readonly TcpAddress[],
  timeout: number,
): Promise<void> {
  const end = clock.monotonic() + timeout;
  for (const address of addresses) {
    for (;;) {
      try {
        network.probe(address);
        break;
      } catch (error) {
        if (clock.monotonic() >= end) throw toListenError(error, address);
        await sleep(clock, freePause);
      }
    }
  }
}

function refuseOtherAddresses(bind: readonly TcpAddress[], old: readonly string[]): void {
  const own = bind.map(formatAddress);
  if (own.join() === old.join()) return;
  throw new DenicornError(
    "upgrade",
    `cannot take over: bind is ${own.join(", ")} and was ${
      old.join(", ")
    }: an upgrade keeps the addresses; ` +
      "restart the server to change them",
  );
}
