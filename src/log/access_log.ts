/**
 * The access log: one line per request, in the combined format of Apache (plus the time taken) or as JSON. Lines
 * are collected and written together, because one write call per request would cost more than the request.
 */

import { printableJson, unprintable } from "../core/printable.ts";
import type { System } from "../system/system.ts";
import type { LogConfig } from "./logger.ts";
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
  /** Milliseconds from the arrival of the request until its response was sent. */
  readonly duration: number;
  readonly worker: number;
}

/** Milliseconds a line waits at most. */
const flushInterval = 100;
/** Characters. */
const flushSize = 32_768;

export class AccessLog {
  readonly #file: LogFile;
  readonly #format: (record: AccessRecord) => string;
  readonly #stopTimer: () => void;
  #pending = "";
  #isClosed = false;

  /** Throws DenicornError `log-unwritable` if the file is required. */
  constructor(system: System, path: string, format: LogConfig["logFormat"], isRequired = true) {
    this.#file = new LogFile(system, { setting: "access-logfile", path, stream: "stdout", isRequired });
    this.#format = format === "json" ? accessJson : accessText;
    this.#stopTimer = system.clock.every(flushInterval, () => this.#flush());
  }

  add(record: AccessRecord): void {
    this.#pending += this.#format(record);
    if (this.#pending.length >= flushSize || this.#isClosed) this.#flush();
  }

  /** First writes the collected lines to the old file: those requests belong there. */
  reopen(): void {
    this.#flush();
    this.#file.reopen();
  }

  /** Lines that come later are written at once. */
  close(): void {
    this.#isClosed = true;
    this.#stopTimer();
    this.#flush();
    this.#file.close();
  }

  #flush(): void {
    if (this.#pending === "") return;
    const text = this.#pending;
    this.#pending = "";
    this.#file.write(text);
  }
}

export function accessText(record: AccessRecord): string {
  const { remote, method, target, status, referer, userAgent, duration } = record;
  return `${remote} - - [${clfTime(record.time)}] "${method} ${escape(target)}" ${status} - ` +
    `"${escape(referer ?? "-")}" "${escape(userAgent ?? "-")}" ${duration.toFixed(1)}ms\n`;
}

export function accessJson(record: AccessRecord): string {
  const { time, duration, ...rest } = record;
  return printableJson(JSON.stringify({
    time: new Date(time).toISOString(),
    ...rest,
    duration_ms: Math.round(duration * 10) / 10,
  })) + "\n";
}

const special = new RegExp(`["\\\\${unprintable}]`, "g");

/** Quotes, backslashes and control characters come from clients and must not be able to forge lines. */
function escape(text: string): string {
  return text.replace(special, (character) => {
    const code = character.charCodeAt(0).toString(16);
    return code.length <= 2 ? `\\x${code.padStart(2, "0")}` : `\\u${code.padStart(4, "0")}`;
  });
}

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** Formatting takes longer than the rest of a line, so it is done once per second. */
let lastSecond = NaN;
let lastTime = "";

/** `20/Nov/2026:23:33:58 +0000`, always in UTC. */
function clfTime(wall: number): string {
  const second = Math.floor(wall / 1000);
  if (second === lastSecond) return lastTime;
  const [date, time] = new Date(second * 1000).toISOString().split("T") as [string, string];
  const [year, month, day] = date.split("-") as [string, string, string];
  lastSecond = second;
  return lastTime = `${day}/${months[Number(month) - 1]}/${year}:${time.slice(0, 8)} +0000`;
}
