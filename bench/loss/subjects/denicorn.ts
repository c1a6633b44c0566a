/** Denicorn, operated through signals, the pidfile, the log and the status. */

import type { Status } from "../../../src/core/telemetry/status.ts";
import { freePort } from "../../support/program.ts";
import { isRunning, ProcessGroup } from "./process_group.ts";
import { NotSupported, type Subject } from "./subject.ts";

export interface DenicornOptions {
  /** How the program is run. */
  readonly command: readonly string[];
  readonly workers?: number;
  readonly args?: readonly string[];
  /** The source of another app. */
  readonly app?: string;
}

/** `/` responds at once, `/block` blocks the event loop for two seconds. */
const blockingApp = `
export default (request: Request): Response => {
  if (request.url.endsWith("/block")) {
    for (const end = performance.now() + 2_000; performance.now() < end;);
  }
  return new Response("Hello, World!");
};
`;

export class Denicorn implements Subject {
  readonly port = freePort();
  readonly processes = new ProcessGroup();
  readonly #first: number;
  /** Workers in each process. */
  readonly #threads: number;
  #target: number;

  constructor({ command, workers = 2, args = [], app = blockingApp }: DenicornOptions) {
    this.#threads = args.includes("--threads") ? Number(args[args.indexOf("--threads") + 1]) : 1;
    this.#target = workers * this.#threads;
    this.processes.write({ "main.ts": app });
    Deno.mkdirSync(this.#runtime);
    const own = ["--workers", `${workers}`, "--bind", `127.0.0.1:${this.port}`, "--pid", "master.pid"];
    this.#first = this.processes.start([...command, ...own, ...args, "main.ts"], {
      XDG_RUNTIME_DIR: this.#runtime,
      TMPDIR: this.processes.folder,
    });
  }

  get #runtime(): string {
    return `${this.processes.folder}/run`;
  }

  /** The process id of the current master. */
  get master(): number | undefined {
    try {
      return Number(Deno.readTextFileSync(`${this.processes.folder}/master.pid`));
    } catch {
      return undefined;
    }
  }

  /** The status of the master in the pidfile. */
  async status(): Promise<Status | undefined> {
    const master = this.master;
    for (const { name } of Deno.readDirSync(this.#runtime)) {
      try {
        const path = `${this.#runtime}/${name}/control.sock`;
        using client = Deno.createHttpClient({ proxy: { transport: "unix", path } });
        const status: Status = await (await fetch("http://localhost/status", { client })).json();
        if (status.pid === master) return status;
      } catch {
        // Not there yet, or already gone.
      }
    }
    return undefined;
  }

  async ready(): Promise<void> {
    await this.#untilReady(1);
  }

  /** Waits until exactly the target number of workers is ready, all of `generation`. */
  async #untilReady(generation: number): Promise<void> {
    await this.processes.until(`${this.#target} ready workers of generation ${generation}`, async () => {
      this.#throwIfEnded();
      const status = await this.status();
      return status?.phase === "running" && status.workers.length === this.#target &&
        status.workers.every((worker) => worker.state === "ready" && worker.generation === generation);
    });
  }

  #throwIfEnded(): void {
    const code = this.processes.exitCode(this.#first);
    if (code === 2) throw new NotSupported(this.processes.lines.at(-1)?.text ?? "exit code 2");
    if (code !== undefined && this.master === undefined) {
      throw new Error(`it ended with exit code ${code}\n${this.log()}`);
    }
  }

  async #generation(): Promise<number> {
    return await this.processes.until("a status", async () => (await this.status())?.generation);
  }

  signal(signal: Deno.Signal): void {
    const { master } = this;
    if (master === undefined) throw new Error(`there is no master\n${this.log()}`);
    Deno.kill(master, signal);
  }

  async reload(): Promise<void> {
    const generation = await this.#generation();
    this.signal("SIGHUP");
    await this.#untilReady(generation + 1);
  }

  async addWorker(): Promise<void> {
    const generation = await this.#generation();
    this.#target += this.#threads;
    this.signal("SIGTTIN");
    await this.#untilReady(generation);
  }

  async removeWorker(): Promise<void> {
    const generation = await this.#generation();
    this.#target -= this.#threads;
    this.signal("SIGTTOU");
    await this.#untilReady(generation);
  }

  async upgrade(): Promise<void> {
    const old = this.master;
    const from = this.processes.lines.length;
    this.signal("SIGUSR2");
    await this.processes.until("a new master in the pidfile", () => {
      if (this.processes.find(/USR2 ignored/, from) !== undefined) throw new NotSupported("USR2 is ignored");
      const next = this.master;
      return next !== undefined && next !== old && isRunning(next);
    });
    await this.processes.until("the end of the old master", () => !isRunning(old!));
    if (old === this.#first) {
      const code = await this.processes.until("its exit code", () => this.processes.exitCode(old));
      if (code !== 0) throw new Error(`the old master ended with exit code ${code}\n${this.log()}`);
    }
    await this.processes.until("ready workers of the new master", async () => {
      const status = await this.status();
      return status?.phase === "running" && status.workers.length === this.#target &&
        status.workers.every((worker) => worker.state === "ready");
    });
  }

  recycled(): number {
    return Math.max(0, this.processes.count(/pid=\d+(?: thread=\d+)? +ready after/) - this.#target);
  }

  async stop(): Promise<void> {
    const { master } = this;
    this.signal("SIGTERM");
    await this.processes.until("its end", () => !isRunning(master!) && this.processes.running().length === 0);
  }

  destroy(): Promise<void> {
    return this.processes.destroy();
  }

  log(): string {
    return this.processes.log();
  }
}
