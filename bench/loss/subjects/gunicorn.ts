/** Gunicorn with `--reuse-port`, for comparison. It has no status, so its processes are watched. */

import { freePort } from "../../support/program.ts";
import { isRunning, ProcessGroup } from "./process_group.ts";
import { NotSupported, type Subject } from "./subject.ts";

const app = `
def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "13")])
    return [b"Hello, World!"]
`;

/** The threaded worker, because the sync worker does not keep connections alive. */
const defaults = ["--worker-class", "gthread", "--threads", "8", "--pid", "master.pid"];

export class Gunicorn implements Subject {
  readonly port = freePort();
  readonly #processes = new ProcessGroup();
  readonly #workers: number;
  #target: number;

  constructor(program: string, { workers = 2, args = [] }: { workers?: number; args?: readonly string[] }) {
    this.#workers = this.#target = workers;
    this.#processes.write({ "wsgi.py": app });
    const sharing = workers > 1 ? ["--reuse-port"] : [];
    const own = ["--bind", `127.0.0.1:${this.port}`, "--workers", `${workers}`, ...sharing];
    // It creates a control socket in the home directory.
    this.#processes.start([program, ...own, ...defaults, ...args, "wsgi:app"], {
      HOME: this.#processes.folder,
    });
  }

  #pidIn(file: string): number | undefined {
    try {
      return Number(Deno.readTextFileSync(`${this.#processes.folder}/${file}`));
    } catch {
      return undefined;
    }
  }

  async #master(): Promise<number> {
    return await this.#processes.until("its pidfile", () => this.#pidIn("master.pid"));
  }

  async workerPids(): Promise<number[]> {
    const master = await this.#master();
    return this.#processes.running().filter((pid) => pid !== master && isRunning(pid));
  }

  async #untilReady(gone: readonly number[]): Promise<void> {
    await this.#processes.until(`${this.#target} workers`, async () => {
      const pids = await this.workerPids();
      return pids.length === this.#target && !pids.some((pid) => gone.includes(pid));
    });
  }

  async ready(): Promise<void> {
    await this.#untilReady([]);
    await this.#processes.until("an answer", async () => {
      try {
        (await Deno.connect({ hostname: "127.0.0.1", port: this.port })).close();
        return true;
      } catch {
        return false;
      }
    });
  }

  async reload(): Promise<void> {
    const old = await this.workerPids();
    Deno.kill(await this.#master(), "SIGHUP");
    await this.#untilReady(old);
  }

  async addWorker(): Promise<void> {
    this.#target++;
    Deno.kill(await this.#master(), "SIGTTIN");
    await this.#untilReady([]);
  }

  async removeWorker(): Promise<void> {
    this.#target--;
    Deno.kill(await this.#master(), "SIGTTOU");
    await this.#untilReady([]);
  }

  /** The three steps in its manual: USR2, then WINCH and TERM to the old master. */
  async upgrade(): Promise<void> {
    const old = await this.#master();
    const from = this.#processes.lines.length;
    const booted = () => this.#processes.count(/Booting worker/, from);
    Deno.kill(old, "SIGUSR2");
    await this.#processes.until("workers of a new master", () => {
      if (this.#processes.find(/^Traceback/, from) !== undefined) {
        const error = this.#processes.find(/^\w+Error: /, from);
        if (error !== undefined) throw new NotSupported(`its new master ends with ${error.text}`);
      }
      return this.#pidIn("master.pid.2") !== undefined && booted() >= this.#target;
    });
    Deno.kill(old, "SIGWINCH");
    Deno.kill(old, "SIGTERM");
    await this.#processes.until("the end of the old master", () => !isRunning(old));
    await this.#processes.until("its pidfile", () => this.#pidIn("master.pid"));
    await this.#untilReady([]);
  }

  recycled(): number {
    return Math.max(0, this.#processes.count(/Booting worker/) - this.#workers);
  }

  async stop(): Promise<void> {
    Deno.kill(await this.#master(), "SIGTERM");
    await this.#processes.until("its end", () => this.#processes.running().length === 0);
  }

  destroy(): Promise<void> {
    return this.#processes.destroy();
  }

  log(): string {
    return this.#processes.log();
  }
}
