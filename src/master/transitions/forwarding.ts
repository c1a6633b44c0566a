/** What operators ask of an old master during and after an upgrade: it is passed on to the new one. */

import type { LateChanges } from "../../control/master_commands.ts";
import type { Logger } from "../../log/logger.ts";
import type { ChildProcess } from "../../system/system.ts";
import type { WorkerPool } from "../pool/worker_pool.ts";

export class Forwarding {
  readonly #logger: Logger;
  readonly #pool: Pick<WorkerPool, "target">;
  /** It has taken over. */
  #successor: ChildProcess | null = null;
  #areLogsReopened = false;

  constructor(logger: Logger, pool: Pick<WorkerPool, "target">) {
    this.#logger = logger;
    this.#pool = pool;
  }

  /** A successor starts: it opens the log files itself. */
  begin(): void {
    this.#areLogsReopened = false;
  }

  /** From now on it is the server. */
  to(successor: ChildProcess): void {
    this.#successor = successor;
  }

  /** What was asked before the successor served. */
  get lateChanges(): LateChanges {
    return { target: this.#pool.target, areLogsReopened: this.#areLogsReopened };
  }

  /** This master is stopping: only a successor can still reload. */
  reload(): void {
    if (this.#successor === null) return this.#logger.warning("reload ignored: the server is stopping");
    this.#successor.kill("SIGHUP");
    this.#logger.info`reload: passed on to process ${this.#successor.pid}`;
  }

  /** The same for the number of workers, which `by` changes. The last of them are not drained: they are the server. */
  scale(by: number): void {
    if (by !== 0) this.#successor?.kill(by > 0 ? "SIGTTIN" : "SIGTTOU");
  }

  /** The log files are open at their paths again, in this master and its workers. */
  logsReopened(): void {
    this.#areLogsReopened = true;
    this.#successor?.kill("SIGUSR1");
  }
}
