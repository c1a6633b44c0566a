/** Brings a worker to life: starts its process, and gives it its orders when it is linked and its bundle made. */

import { version } from "../core/version.ts";
import type { Log } from "../log/logger.ts";
import type { System } from "../system/system.ts";
import { Child } from "./child.ts";
import type { MasterEvent } from "./events.ts";
import { type Generation, ordersFor, type Workplace } from "./generation.ts";
import type { Roster } from "./roster.ts";
import type { Scoreboard } from "./scoreboard.ts";
import type { Spawner } from "./spawner.ts";

export interface RecruiterOptions {
  readonly system: System;
  readonly log: Log;
  readonly spawner: Spawner;
  readonly roster: Roster;
  readonly scoreboard: Scoreboard;
  readonly post: (event: MasterEvent) => void;
}

export class Recruiter {
  readonly #options: RecruiterOptions;
  /** The version of the last worker. */
  #version = version;

  constructor(options: RecruiterOptions) {
    this.#options = options;
  }

  /** Throws what the system says when a process cannot be started. */
  spawn(slot: number, generation: Generation): void {
    const { system, log, spawner, roster, scoreboard, post } = this.#options;
    const token = system.host.secret();
    scoreboard.clear(slot);
    const process = spawner.spawn(slot, generation, token);
    const child = new Child(slot, generation, process, system.clock.monotonic());
    roster.add(child, token);
    log.logger.with(child.identity).debug("started");
    void process.exited.then(async (status) => {
      // Its last words, such as why it could not boot, may still be on their way.
      await child.silenced;
      post({ type: "exit", child, status });
    });
  }

  /**
   * Says once that workers start from another version than this master's. The file of a running master cannot be
   * started again once it is replaced: the runtime looks for its data under the name that the file had.
   */
  checkVersion(found: string): void {
    if (found !== this.#version && found !== version) {
      this.#options.log.logger
        .warning`the executable was replaced: workers run version ${found} and this master ${version}: send USR2`;
    }
    this.#version = found;
  }

  giveOrders(child: Child, workplace: Workplace): void {
    const { bundle } = child.generation;
    if (bundle === null || child.ordered || !child.isLinked) return;
    child.ordered = true;
    const age = this.#options.system.clock.monotonic() - child.bornAt;
    const place = { slot: child.slot, age };
    child.send({ type: "load", orders: ordersFor(child.generation, bundle, place, workplace) });
  }
}
