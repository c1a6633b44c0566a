/** Which connections depend on a process, from `/proc`. */

/**
 * The client's ports of the connections to `port` that the process has accepted, and of those that no process has
 * accepted yet: the kernel does not say in whose queue they wait.
 */
export function portsOf(pid: number, port: number): Set<number> {
  const own = new Set<string>();
  for (const { name } of entriesOf(`/proc/${pid}/fd`)) {
    const inode = linkOf(`/proc/${pid}/fd/${name}`)?.match(/^socket:\[(\d+)\]$/)?.[1];
    if (inode !== undefined) own.add(inode);
  }
  const ports = new Set<number>();
  for (const row of Deno.readTextFileSync("/proc/net/tcp").split("\n").slice(1)) {
    // proc(5): sl, local address, remote address, state, queues, timer, resent, uid, time-out, inode.
    const [, local, remote, state, , , , , , inode] = row.trim().split(/\s+/);
    if (local === undefined || remote === undefined || inode === undefined) continue;
    if (portIn(local) !== port || state === listening) continue;
    if (inode === "0" ? state === established : own.has(inode)) ports.add(portIn(remote));
  }
  return ports;
}

const established = "01";
const listening = "0A";

function portIn(address: string): number {
  return parseInt(address.slice(address.indexOf(":") + 1), 16);
}

export function openFilesOf(pid: number): number {
  return entriesOf(`/proc/${pid}/fd`).length;
}

/** Resident memory in megabytes. */
export function memoryOf(pid: number): number {
  const kilobytes = Deno.readTextFileSync(`/proc/${pid}/status`).match(/^VmRSS:\s+(\d+)/m)?.[1];
  return Math.round(Number(kilobytes) / 1_024);
}

function entriesOf(folder: string): Deno.DirEntry[] {
  try {
    return Array.from(Deno.readDirSync(folder));
  } catch {
    // The process has ended.
    return [];
  }
}

function linkOf(path: string): string | undefined {
  try {
    return Deno.readLinkSync(path);
  } catch {
    // The descriptor was closed in the meantime.
    return undefined;
  }
}
