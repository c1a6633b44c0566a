/** Which processes listen on a port, from /proc/net/tcp and the open files of all processes: proc(5). */

import { listenersOn } from "./listen_queues.ts";
import { processIds, procText } from "../processes/proc_text.ts";
import type { ListeningProcess } from "../system.ts";

/** As far as this user may see them. */
export function listeningOn(port: number): ListeningProcess[] {
  const sockets = new Set(
    ["/proc/net/tcp", "/proc/net/tcp6"].flatMap((path) => listenersOn(procText(path), port))
      .map((inode) => `socket:[${inode}]`),
  );
  if (sockets.size === 0) return [];
  return processIds().filter((pid) => holdsOneOf(pid, sockets))
    .map((pid) => ({ pid, environment: parseEnvironment(procText(`/proc/${pid}/environ`)) }));
}

function holdsOneOf(pid: number, sockets: ReadonlySet<string>): boolean {
  const directory = `/proc/${pid}/fd`;
  try {
    for (const { name } of Deno.readDirSync(directory)) {
      if (sockets.has(linkAt(`${directory}/${name}`))) return true;
    }
  } catch {
    // It is gone, or belongs to another user.
  }
  return false;
}

function linkAt(path: string): string {
  try {
    return Deno.readLinkSync(path);
  } catch {
    return "";
  }
}

function parseEnvironment(text: string): Record<string, string> {
  return Object.fromEntries(
    text.split("\0").map((entry) => {
      const end = entry.indexOf("=");
      return [entry.slice(0, end), entry.slice(end + 1)];
    }),
  );
}
