/**
 * The access log: one line per request. Lines are collected and written together, because one write call per request
 * would cost more than the request.
 */

import type { AccessFormat, AccessNeeds } from "../core/access_format.ts";
import type { Host, System } from "../system/system.ts";
import { accessLine, type AccessRecord } from "./access_line.ts";
import { severities, syslogHead, syslogPlace } from "../core/syslog.ts";
import { LogFile } from "./log_file.ts";

/** Milliseconds a line waits at most. */
const flushInterval = 100;
/** Characters. */
const flushSize = 32_768;

interface Options {
  readonly path: string;
  readonly format: AccessFormat;
  /** As the log names it. */
  readonly worker: number;
  readonly isRequired?: boolean;
}

export class AccessLog {
  /** What must be known of each request. */
  readonly needs: AccessNeeds;
  readonly #file: LogFile;
  readonly #line: (record: AccessRecord) => string;
  readonly #stopTimer: () => void;
  #pending = "";
  #isClosed = false;

  /** Throws DenicornError `log-unwritable` if the file is required. */
  constructor(system: System, { path, format, worker, isRequired = true }: Options) {
    this.#file = new LogFile(system, { setting: "access-logfile", path, stream: "stdout", isRequired });
    this.needs = format.needs;
    const { host } = system;
    this.#line = headed(accessLine(format, { worker, pid: host.pid }), path, host);
    this.#stopTimer = system.clock.every(flushInterval, () => this.#flush());
  }

  add(record: AccessRecord): void {
    this.#pending += this.#line(record);
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

type Line = (record: AccessRecord) => string;

/** As messages of syslog, where `path` leads there. */
function headed(line: Line, path: string, { pid, hostName }: Pick<Host, "pid" | "hostName">): Line {
  const place = syslogPlace(path);
  if (place === null) return line;
  const head = syslogHead(place, { host: hostName(), pid, log: "access" });
  return (record) => head(severities.info, new Date(record.time).toISOString()) + line(record);
}
