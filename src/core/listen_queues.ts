/** What the kernel says about listeners in /proc/net/tcp and tcp6: proc(5). */

/** State LISTEN; the receive queue of such a row counts connections that nobody has accepted. */
const listening = "0A";

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
