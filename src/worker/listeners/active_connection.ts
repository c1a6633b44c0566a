import { sleep } from "../../system/clock.ts";
import type { Clock, TcpConnection, TcpSockets } from "../../system/system.ts";

interface ActiveConnectionOptions {
  readonly ports: ReadonlySet<number>;
  /** Milliseconds. */
  readonly recent: number;
  /** Connections from these ports of clients do not count. */
  readonly except?: ReadonlySet<number>;
  /** True if the caller no longer needs the result. */
  readonly isOver: () => boolean;
}

/** Descriptors per turn of the event loop: half a millisecond. */
const batch = 512;

/**
 * A connection that carried data less than `recent` milliseconds ago; `null` if there is none. Searches a batch at a
 * time, because a search through 10,000 connections blocked the event loop for 30 ms per address.
 */
export async function activeConnection(
  sockets: Pick<TcpSockets, "findActive">,
  clock: Clock,
  { ports, recent, except, isOver }: ActiveConnectionOptions,
): Promise<TcpConnection | null> {
  for (let from = 0;;) {
    const { found, next } = sockets.findActive(ports, recent, from, batch, except);
    if (found !== null || next === null) return found;
    from = next;
    await sleep(clock, 0);
    if (isOver()) return null;
  }
}
