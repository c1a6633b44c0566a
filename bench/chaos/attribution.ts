/**
 * Finds for every failed request the process that was killed while the request depended on it. What is left has no
 * excuse. A request depends on a killed worker if its connection was open when the worker was killed, accepted by it or
 * still in a queue, or if it was opened within the moment in which the kernel still queued connections for the worker.
 */

import type { FailureKind, FailureSample } from "../loss/client/failure.ts";

/** Something that costs requests with every server. Times are milliseconds since 1970. */
export interface Incident {
  /** Such as `worker 4711 killed`. */
  readonly what: string;
  readonly from: number;
  /** Requests that began later do not depend on it. */
  readonly until: number;
  /**
   * The client's ports of the connections that depend on it; `undefined`: no list, every request that was not yet in
   * flight may.
   */
  readonly ports: ReadonlySet<number> | undefined;
  /** Requests on `ports` that began until then depend on it, too. */
  readonly portsUntil?: number;
  readonly kinds: ReadonlySet<FailureKind>;
}

/** A connection that is cut because the process that has it ends. */
export const cut: ReadonlySet<FailureKind> = new Set(["reset-before", "reset-after", "eof", "stale"]);
/** The server as a whole is gone. */
export const gone: ReadonlySet<FailureKind> = new Set(["refused", ...cut]);
/** Nothing listens, and nothing is cut. */
export const refused: ReadonlySet<FailureKind> = new Set(["refused"]);

/**
 * From the signal until the kernel has closed the listener of a killed process and steering avoids it, new connections
 * still reach it. It takes a few milliseconds; the rest is for a busy machine.
 */
export const moment = 150;

/** how long a connection waits in a queue of a server under light load: a request that began earlier is in flight. */
const inQueue = 50;

export interface Attribution {
  /** Failures for each incident, by its index. */
  readonly counts: readonly number[];
  readonly unexplained: readonly FailureSample[];
}

export function attribute(
  failures: readonly FailureSample[],
  incidents: readonly Incident[],
): Attribution {
  const counts = incidents.map(() => 0);
  const unexplained = failures.filter((failure) => {
    // The latest incident that explains it is the likeliest.
    const index = incidents.findLastIndex((incident) => explains(incident, failure));
    if (index >= 0) counts[index]!++;
    return index < 0;
  });
  return { counts, unexplained };
}

function explains(
  { from, until, ports, portsUntil = until, kinds }: Incident,
  { at, began, kind, port, connected = began }: FailureSample,
): boolean {
  if (!kinds.has(kind) || at < from || began > Math.max(until, portsUntil)) return false;
  // A client whose first segment was dropped has waited for a second.
  if (ports === undefined) return Math.max(began, connected) >= from - inQueue;
  return port !== undefined && ports.has(port) || connected >= from - 1 && connected <= until;
}
