import { LogFile } from "../log/log_file.ts";
import type { Identity, Log, Logger } from "../log/logger.ts";
import type { LogConfig } from "../protocol/messages.ts";
import type { System } from "../system/system.ts";

/**
 * A worker's log. Most workers never say anything, and loading the logging library takes a third of the time a
 * worker needs to start: it is loaded when there is something to say, or when the worker is ready.
 */
export class WorkerLog {
  readonly #system: System;
  readonly #config: LogConfig;
  readonly #identity: Identity;
  #loading: Promise<Log> | null = null;

  /** Throws DenicornError `log-unwritable`. */
  constructor(system: System, config: LogConfig, identity: Identity) {
    this.#system = system;
    this.#config = config;
    this.#identity = identity;
    // Now is the time to find that it cannot be written: a worker that boots may not fail later for that.
    if (config.errorLogfile !== "-") {
      new LogFile(system, "error-logfile", config.errorLogfile, "stderr").close();
    }
  }

  /** Settles when the line is written. */
  async say(speak: (logger: Logger) => void): Promise<void> {
    speak((await this.load()).logger);
  }

  load(): Promise<Log> {
    return this.#loading ??= import("../log/logger.ts").then(({ openLog }) => {
      try {
        return openLog(this.#system, this.#config, this.#identity);
      } catch {
        // It could be written a moment ago. What there is to say is worth more than where it is said.
        return openLog(this.#system, { ...this.#config, errorLogfile: "-" }, this.#identity);
      }
    });
  }

  /** Opens its file anew; a log that was never opened has nothing to reopen. */
  async reopen(): Promise<void> {
    (await this.#loading)?.reopen();
  }
}
