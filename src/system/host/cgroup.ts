/** The limits of the control groups of this process (cgroups(7)): of version 2, otherwise of version 1. */

import type { System } from "../system.ts";

interface CgroupLimits {
  /** Cores by quota; `null` without one. */
  readonly cores: number | null;
  /** Bytes; `null` without a limit. */
  readonly memory: number | null;
}

const root = "/sys/fs/cgroup";

/** The lowest limits of a group and of all groups around it. */
export function readCgroupLimits(system: Pick<System, "files">): CgroupLimits {
  const groups = parseGroups(read(system, "/proc/self/cgroup") ?? "");
  const limits = <Value>(controller: string, each: (folder: string) => Value | null) => {
    const found = folders(groups, controller).map(each).filter((value) => value !== null);
    return found.length === 0 ? null : Math.min(...found.map(Number));
  };
  const number = (path: string) => {
    const text = read(system, path)?.trim() ?? "";
    return /^\d+$/.test(text) ? Number(text) : null;
  };
  return {
    cores: limits("cpu", (folder) => {
      const [quota, period] = (read(system, `${folder}/cpu.max`) ?? "").trim().split(" ").map(Number);
      return share(quota, period) ??
        share(number(`${folder}/cpu.cfs_quota_us`), number(`${folder}/cpu.cfs_period_us`));
    }),
    memory: limits(
      "memory",
      (folder) => number(`${folder}/memory.max`) ?? number(`${folder}/memory.limit_in_bytes`),
    ),
  };
}

interface AvailableMemory {
  /** Bytes. */
  readonly memory: number;
  /** Whether it is the limit of a control group, otherwise it is all that the machine has. */
  readonly isLimit: boolean;
}

/** The memory that all processes of this control group may use; `null` if the system does not say. */
export function readAvailableMemory(system: Pick<System, "files">): AvailableMemory | null {
  const total = /^MemTotal:\s+(\d+) kB/m.exec(read(system, "/proc/meminfo") ?? "")?.[1];
  const machine = total === undefined ? Infinity : Number(total) * 1024;
  // Version 1 shows about 2^63 for no limit.
  const memory = Math.min(machine, readCgroupLimits(system).memory ?? Infinity);
  return memory === Infinity ? null : { memory, isLimit: memory < machine };
}

/** A quota that is not set is `max` or -1. */
function share(quota: number | null | undefined, period: number | null | undefined): number | null {
  return quota != null && period != null && quota > 0 && period > 0 ? quota / period : null;
}

/** Paths by controller; for version 2 its name is empty. */
export function parseGroups(text: string): Map<string, string> {
  return new Map(
    text.split("\n").flatMap((line) => {
      const [, controllers = "", path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
      return path === undefined ? [] : controllers.split(",").map((name) => [name, path] as const);
    }),
  );
}

/**
 * The folders of the group and of all groups around it. In a container the path may be the one on the host, which does
 * not exist here; then only the outer ones do.
 */
function folders(groups: ReadonlyMap<string, string>, controller: string): string[] {
  const upwards = (mount: string, path: string | undefined) => {
    if (path === undefined) return [];
    const names = path.split("/").filter((name) => name !== "");
    return [...names.keys(), names.length].map((count) => [mount, ...names.slice(0, count)].join("/"));
  };
  return [...upwards(root, groups.get("")), ...upwards(`${root}/${controller}`, groups.get(controller))];
}

function read({ files }: Pick<System, "files">, path: string): string | null {
  try {
    return files.readTextSync(path);
  } catch {
    return null;
  }
}
