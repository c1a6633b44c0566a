/**
 * The access log: one line per response, in the combined format of Apache (plus the time taken) or as JSON.
 * Lines are gathered and written together, since one write call per request would cost more than the request.
 */

import type { System } from "../system/system.ts";
import type { LogFormat } from "./format.ts";
import { LogFile } from "./log_file.ts";

export interface AccessRecord {
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly remote: string;
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly status: number;
  readonly referer: string | null;
  readonly userAgent: string | null;
  /** Milliseconds from the request's arrival to its last byte. */
  readonly duration: number;
  readonly worker: number;
}

const flushEvery = 100;
const flushAt = 32_768;

export class AccessLog {
  readonly #file: LogFile;
  readonly #format: (record: AccessRecord) => string;
  readonly #stopTimer: () => void;
  #pending = "";

  /** Throws DenicornError `log-unwritable`. */
  constructor(system: System, path: string, format: LogFormat) {
    this.#file = new LogFile(system, "access-logfile", path, "stdout");
    this.#format = format === "json" ? accessJson : accessText;
    this.#stopTimer = system.clock.every(flushEvery, () => this.flush());
  }

  add(record: AccessRecord): void {
    this.#pending += this.#format(record);
    if (this.#pending.length >= flushAt) this.flush();
  }

  flush(): void {
    if (this.#pending === "") return;
    const text = this.#pending;
    this.#pending = "";
    this.#file.write(text);
  }

  /** Writes what waits into the old file first: those requests belong to it. */
  reopen(): void {
    this.flush();
    this.#file.reopen();
  }

  close(): void {
    this.#stopTimer();
    this.flush();
    this.#file.close();
  }
}

export function accessText(record: AccessRecord): string {
  const { remote, method, target, status, referer, userAgent, duration } = record;
  return `${remote} - - [${clfTime(record.time)}] "${method} ${escape(target)}" ${status} - ` +
    `"${escape(referer ?? "-")}" "${escape(userAgent ?? "-")}" ${duration.toFixed(1)}ms\n`;
}

export function accessJson(record: AccessRecord): string {
  const { time, duration, ...rest } = record;
  return JSON.stringify({
    time: new Date(time).toISOString(),
    ...rest,
    duration_ms: Math.round(duration * 10) / 10,
  }) + "\n";
}

/** Quotes, backslashes and control characters come from strangers and must not forge lines. */
function escape(text: string): string {
  return text.replace(
    /["\\\x00-\x1f\x7f]/g,
    (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
}

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** `20/Nov/2026:23:33:58 +0000`, always in UTC. */
function clfTime(wall: number): string {
  const [date, time] = new Date(wall).toISOString().split("T") as [string, string];
  const [year, month, day] = date.split("-") as [string, string, string];
  return `${day}/${months[Number(month) - 1]}/${year}:${time.slice(0, 8)} +0000`;
}
