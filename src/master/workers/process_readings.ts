/** CPU time and memory of processes: read on demand, and at most once a second. */

import { parseCpuSeconds, parseOwnMemory, parsePageSize } from "../../system/processes/proc_stat.ts";
import type { ProcessUse } from "../../core/telemetry/status.ts";
import type { ChildProcess, System } from "../../system/system.ts";

/** A process to read. Its readings are kept by an object that represents it, because process ids are reused. */
export interface ReadableProcess extends Pick<ChildProcess, "pid" | "thread"> {
  /** Monotonic. */
  readonly bornAt: number;
}

interface Reading {
  readonly at: number;
  readonly use: ProcessUse;
}

const unread: ProcessUse = { cpu: null, cpuSeconds: null, memory: null };

/** Milliseconds between two readings of one process. */
const pause = 1_000;

export class ProcessReadings {
  readonly #system: System;
  readonly #readings = new WeakMap<object, Reading>();
  #pageSize: number | null | undefined;

  constructor(system: System) {
    this.#system = system;
  }

  /** As last read. */
  last(key: object): ProcessUse {
    return this.#readings.get(key)?.use ?? unread;
  }

  /** As it is now, or was within the last second. */
  read(key: object, process: ReadableProcess): ProcessUse {
    const { pid, thread, bornAt } = process;
    const now = this.#system.clock.monotonic();
    const last = this.#readings.get(key);
    if (last !== undefined && now - last.at < pause) return last.use;
    const path = statPath(process);
    const found = path === null ? null : this.#parse(path, parseCpuSeconds);
    const cpuSeconds = found ?? last?.use.cpuSeconds ?? null;
    const elapsed = (now - (last?.at ?? bornAt)) / 1000;
    const used = cpuSeconds === null ? null : cpuSeconds - (last?.use.cpuSeconds ?? 0);
    const use = {
      cpu: used === null || elapsed <= 0 ? null : used / elapsed,
      cpuSeconds,
      memory: this.#parse(`/proc/${pid}/statm`, (text) => share(this.#toBytes(text), thread?.count ?? 1)),
    };
    this.#readings.set(key, { at: now, use });
    return use;
  }

  /** Seconds of a core, as last read. */
  lastCpuSeconds(key: object): number {
    return this.#readings.get(key)?.use.cpuSeconds ?? 0;
  }

  #toBytes(statm: string): number | null {
    this.#pageSize ??= parsePageSize(this.#system.files.readBytesSync("/proc/self/auxv"));
    return this.#pageSize === null ? null : parseOwnMemory(statm, this.#pageSize);
  }

  #parse(path: string, parse: (text: string) => number | null): number | null {
    try {
      return parse(this.#system.files.readTextSync(path));
    } catch {
      // The process is gone, or there is no /proc here.
      return null;
    }
  }
}

/** What says how much CPU time it has used; of a thread without what V8 does for all threads of the process. */
export function statPath({ pid, thread }: Pick<ChildProcess, "pid" | "thread">): string | null {
  if (thread === undefined) return `/proc/${pid}/stat`;
  // Until its number is known, the time of the process would count as that of the thread.
  return thread.id === null ? null : `/proc/${pid}/task/${thread.id}/stat`;
}

/** Of the memory of a process, so that the sum of its threads is right. */
function share(bytes: number | null, count: number): number | null {
  return bytes === null ? null : Math.round(bytes / count);
}
