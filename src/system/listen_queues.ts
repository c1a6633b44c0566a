/** What the kernel says about listeners in /proc/net/tcp and tcp6: proc(5). */

/** State LISTEN; the receive queue of such a row counts connections that nobody has accepted. */
const listening = "0A";

/**
 * How many sockets listen at the address where the one with `inode` does, itself included; 0 if it is not in the
 * table.
 */
export function listenersBeside(table: string, inode: string): number {
  const rows = table.split("\n").map((line) => line.trim().split(/\s+/, 10));
  const own = rows.find((row) => row[9] === inode);
  return own === undefined
    ? 0
    : rows.filter(([, local, , state]) => local === own[1] && state === listening).length;
}

/** Connections that wait at listeners on `ports`. */
export function waitingConnections(table: string, ports: ReadonlySet<number>): number {
  let waiting = 0;
  for (const line of table.split("\n")) {
    const [, local = "", , state, queues = ""] = line.trim().split(/\s+/, 5);
    if (state !== listening) continue;
    const port = Number.parseInt(local.slice(local.lastIndexOf(":") + 1), 16);
    if (ports.has(port)) waiting += Number.parseInt(queues.slice(queues.indexOf(":") + 1), 16) || 0;
  }
  return waiting;
}
