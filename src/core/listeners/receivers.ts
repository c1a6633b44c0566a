/**
 * Which listening sockets of a group get new connections, by what is known of their processes. As long as any process
 * accepts, a connection goes to one of the best; if none does, it is meant for the socket that listens next.
 */

/**
 * - `eligible`: it is meant to get new connections.
 * - `accepting`: it is not, but its process still accepts, for example because it drains.
 * - `dead`: no process accepts from it; only the master still has it.
 */
export type Standing = "eligible" | "accepting" | "dead";

/** The indices that get new connections. Empty if all are dead. */
export function receivers(standings: readonly Standing[]): number[] {
  for (const wanted of ["eligible", "accepting"] as const) {
    const found = standings.flatMap((standing, index) => standing === wanted ? [index] : []);
    if (found.length > 0) return found;
  }
  return [];
}
