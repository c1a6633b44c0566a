import type { Status } from "../core/status.ts";
import { version } from "../core/version.ts";
import type { System } from "../system/system.ts";
import type { Arbiter } from "./arbiter.ts";

/** How the server is at this moment. `startedAt` in milliseconds since 1970. */
export function statusOf(arbiter: Arbiter, system: System, startedAt: number, app: string): Status {
  const now = system.clock.monotonic();
  const { phase, addresses, generation, target } = arbiter;
  return {
    version,
    runtime: system.host.runtime,
    pid: system.host.pid,
    phase,
    app,
    addresses,
    startedAt,
    generation,
    target,
    workers: arbiter.roster.statuses(now),
  };
}
