import { listenAddresses } from "../../settings/listen_addresses.ts";
import { filesOfMaster, filesPerProcess } from "../../core/file_needs.ts";
import { raisedLimit } from "../../system/open_files.ts";
import type { FileLimit } from "../../system/system.ts";
import { type Check, type Finding, note, ok, problem } from "../check.ts";

export const fileLimit: Check = {
  name: "file-limit",
  why:
    "Every connection is an open file of its worker, like everything that the app opens. At the limit a worker " +
    "accepts no connection and opens no file until some are closed. The limit applies to each process separately. " +
    "A server raises its soft limit to the hard one when it starts, or to 1048576 if that is less.",
  change: "systemd: `LimitNOFILE=65536`; a shell, as root: `ulimit -Hn 65536`; " +
    "containers: `--ulimit nofile=65536:65536`.",
  lossWindow:
    "when a worker has as many connections as it may open files: connections that wait for it are reset, " +
    "further ones are refused or go to other workers",
  linuxOnly: true,
  onFailure: "note",
  run({ system, settings }) {
    const limits = parseFileLimit(system.files.readTextSync("/proc/self/limits"));
    if (limits === null) return note("/proc/self/limits has no line about open files");
    return judgeFileLimit(limits, { ...settings, addresses: listenAddresses(settings).length });
  },
};

export function parseFileLimit(text: string): FileLimit | null {
  const [, soft, hard] = /^Max open files\s+(\d+|unlimited)\s+(\d+|unlimited)/m.exec(text) ?? [];
  if (soft === undefined || hard === undefined) return null;
  const read = (word: string) => word === "unlimited" ? Infinity : Number(word);
  return { soft: read(soft), hard: read(hard) };
}

/** No system allows fewer by default; one browser opens six connections. */
const fewestConnections = 200;

/** A worker should be able to accept all connections in its queue, up to `backlog`. */
export function judgeFileLimit(
  limits: FileLimit,
  { workers, backlog, addresses }: { workers: number; backlog: number; addresses: number },
): Finding {
  const master = filesOfMaster({ workers, addresses });
  const own = raisedLimit(limits);
  const connections = Math.max(0, own - filesPerProcess);
  const raise = own === limits.soft ? "" : `, raised to ${show(own)} at the start`;
  const limit = `soft ${show(limits.soft)}, hard ${show(limits.hard)}${raise}`;
  if (own < master) {
    return problem(`${limit}: the master needs about ${master} for ${many(workers, "worker")}`);
  }
  const capacity = `${limit}: about ${show(connections)} connections for each worker`;
  if (connections < fewestConnections) return problem(capacity);
  return connections < backlog
    ? note(`${capacity}, fewer than the ${backlog} that may wait for it (backlog)`)
    : ok(capacity);
}

function show(count: number): string {
  return count === Infinity ? "unlimited" : String(count);
}

function many(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}
