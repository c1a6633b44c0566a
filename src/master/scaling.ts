/** Automatic scaling: samples the workers for `core/autoscale.ts` and carries out what it decides. */

import { autoscale, type Limits, unscaled } from "../core/autoscale.ts";
import type { Sample, WorkerSample } from "../core/load.ts";
import { waitingConnections } from "../core/listen_queues.ts";
import { parseCpuSeconds } from "../core/process_use.ts";
import type { MasterPhase } from "../core/status.ts";
import { Throttle } from "../core/throttle.ts";
import type { Logger } from "../log/logger.ts";
import type { Settings } from "../settings/settings.ts";
import { workerRange } from "../settings/worker_range.ts";
import type { System } from "../system/system.ts";
import type { Child } from "./child.ts";
import type { Crew } from "./crew.ts";
import type { Generations } from "./generations.ts";
import type { LifecycleLog } from "./lifecycle_log.ts";
import { MemoryReadings } from "./memory_readings.ts";
import type { Roster } from "./roster.ts";
import type { Scoreboard } from "./scoreboard.ts";
import type { Succession } from "./succession.ts";
import type { Traffic } from "./traffic.ts";

export interface ScalingOptions {
  readonly system: System;
  readonly logger: Logger;
  readonly roster: Roster;
  readonly scoreboard: Scoreboard;
  readonly traffic: Traffic;
  readonly generations: Generations;
  readonly crew: Crew;
  readonly lifecycle: LifecycleLog;
  readonly succession: Succession | null;
}

/** CPU time comes in steps of 10 ms: over a shorter time its share would say nothing. */
const shortestPause = 100;

/** What lasts is told this often, in milliseconds. */
const reminder = 60_000;

/** Listeners stand first in the tables, before all connections. */
const tableStart = 65_536;

export class Scaling {
  readonly #options: ScalingOptions;
  readonly #readings: MemoryReadings;
  readonly #spent = new WeakMap<Child, { readonly seconds: number; readonly at: number }>();
  readonly #held = new Throttle(reminder);
  #state = unscaled;
  #lastLook = -Infinity;

  constructor(options: ScalingOptions) {
    this.#options = options;
    this.#readings = new MemoryReadings(options.system, options.logger, "memory-budget");
  }

  /**
   * To be called with every tick, and when a worker was held up: that need not wait for the next one. Nothing is
   * done before the first worker serves, or while it is another master that does.
   */
  look(phase: MasterPhase): void {
    const { system, crew, generations, lifecycle, succession } = this.#options;
    if ((phase !== "running" && phase !== "reloading") || succession?.isWaiting === true) return;
    const { settings } = generations.serving;
    const range = workerRange(settings, system.host.cores());
    const now = system.clock.monotonic();
    // All were drained on request: that stands until somebody wants them again.
    if (range.isFixed || crew.target === 0 || now - this.#lastLook < shortestPause) return;
    this.#lastLook = now;
    const { scaling, decision, held } = autoscale(this.#state, this.#sample(settings, now), {
      ...range,
      ...limitsOf(settings),
      cores: system.host.cores(),
    });
    this.#state = scaling;
    if (decision !== null) crew.scale(decision.target, decision.reason);
    if (held !== undefined && this.#held.pass(now) !== null) lifecycle.scalingHeld(crew.target, held);
  }

  #sample(settings: Settings, now: number): Sample {
    const { roster, crew } = this.#options;
    const children = roster.ready();
    return {
      at: now,
      target: crew.target,
      workers: children.map((child) => this.#sampleWorker(child, now)),
      leaving: roster.members().filter(({ is }) => is === "leaving").length,
      waiting: this.#waiting(settings),
      memory: settings.memoryBudget === undefined ? null : this.#memory(children),
    };
  }

  #sampleWorker(child: Child, now: number): WorkerSample {
    const { scoreboard } = this.#options;
    const { inFlight, lag, beats, rhythm } = scoreboard.read(child.slot);
    // A beat that is overdue tells more than the last one that came.
    const overdue = child.pulse?.beat === beats ? now - child.pulse.at - rhythm : 0;
    return { inFlight, cpu: this.#cpuShare(child, now), lag: Math.max(lag, overdue) };
  }

  /** Of those that were not read yet, what others take. */
  #memory(children: readonly Child[]): number | null {
    this.#readings.refresh(children);
    const known = children.map((child) => this.#readings.of(child)).filter((bytes) => bytes !== null);
    if (known.length === 0) return null;
    return known.reduce((sum, bytes) => sum + bytes, 0) / known.length * children.length;
  }

  /** CPU time since the last look at this worker, as a share of one core. */
  #cpuShare(child: Child, now: number): number | null {
    const seconds = this.#cpuSeconds(child);
    const before = this.#spent.get(child);
    if (seconds === null) return null;
    this.#spent.set(child, { seconds, at: now });
    return before === undefined ? null : (seconds - before.seconds) * 1000 / (now - before.at);
  }

  #cpuSeconds({ process }: Child): number | null {
    try {
      return parseCpuSeconds(this.#options.system.files.readTextSync(`/proc/${process.pid}/stat`));
    } catch {
      // The process is gone, or there is no /proc here.
      return null;
    }
  }

  #waiting(settings: Settings): number {
    const { system, traffic } = this.#options;
    const ports = new Set(settings.bind.map(({ port }) => port));
    return traffic.backlog ?? ["/proc/net/tcp", "/proc/net/tcp6"].reduce((sum, path) => {
      try {
        const table = new TextDecoder().decode(system.files.readRange(path, 0, tableStart));
        return sum + waitingConnections(table, ports);
      } catch {
        return sum;
      }
    }, 0);
  }
}

function limitsOf(settings: Settings): Omit<Limits, "min" | "max" | "cores"> {
  const { targetConcurrency, scaleBacklog, scaleUpBusy, scaleDownBusy, idleTimeout, memoryBudget } = settings;
  return {
    ...{ targetConcurrency, scaleBacklog, idleTimeout },
    scaleUpBusy: scaleUpBusy / 100,
    scaleDownBusy: scaleDownBusy / 100,
    memoryBudget: memoryBudget ?? null,
  };
}
