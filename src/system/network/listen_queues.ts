/** Reads what the kernel says about listeners in /proc/net/tcp and /proc/net/tcp6: proc(5). */

/** State LISTEN. The receive queue of such a row counts the connections in its accept queue. */
const listening = "0A";

/** How many sockets listen on the address of the one with `inode`, itself included; 0 if the table lacks it. */
export function listenersBeside(table: string, inode: string): number {
  const rows = table.split("\n").map((line) => line.trim().split(/\s+/, 10));
  const own = rows.find((row) => row[9] === inode);
  return own === undefined
    ? 0
    : rows.filter(([, local, , state]) => local === own[1] && state === listening).length;
}

/** The inode of each socket that listens on `port`. */
export function listenersOn(table: string, port: number): string[] {
  const found: string[] = [];
  for (const line of table.split("\n")) {
    const [, local = "", , state, , , , , , inode] = line.trim().split(/\s+/, 10);
    if (state !== listening || inode === undefined) continue;
    if (Number.parseInt(local.slice(local.lastIndexOf(":") + 1), 16) === port) found.push(inode);
  }
  return found;
}

/** How many connections wait in the accept queues of the listeners on `ports`. */
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
