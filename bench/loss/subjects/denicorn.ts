/** Denicorn as its operator sees it: signals, the pidfile, the log and the status. */

import type { Status } from "../../../src/core/telemetry/status.ts";
import { freePort } from "../../support/program.ts";
import { Family, isRunning } from "./family.ts";
import { NotSupported, type Subject } from "./subject.ts";

export interface DenicornOptions {
  /** How the program is run. */
  readonly command: readonly string[];
  readonly workers?: number;
  readonly args?: readonly string[];
}

/** `/` answers at once, `/block` keeps its process busy for two seconds. */
const app = `
export default (request: Request): Response => {
  if (request.url.endsWith("/block")) {
    for (const end = performance.now() + 2_000; performance.now() < end;);
  }
  return new Response("Hello, World!");
};
`;

export class Denicorn implements Subject {
  readonly port = freePort();
  readonly family = new Family();
  readonly #first: number;
  #target: number;

  constructor({ command, workers = 2, args = [] }: DenicornOptions) {
    this.#target = workers;
    this.family.write({ "main.ts": app });
    Deno.mkdirSync(this.#runtime);
    const own = ["--workers", `${workers}`, "--bind", `127.0.0.1:${this.port}`, "--pid", "master.pid"];
    this.#first = this.family.start([...command, ...own, ...args, "main.ts"], {
      XDG_RUNTIME_DIR: this.#runtime,
      TMPDIR: this.family.folder,
    });
  }

  get #runtime(): string {
    return `${this.family.folder}/run`;
  }

  /** The process id of the master that serves now. */
  get master(): number | undefined {
    try {
      return Number(Deno.readTextFileSync(`${this.family.folder}/master.pid`));
    } catch {
      return undefined;
    }
  }

  /** What the master that the pidfile names says of itself. */
  async status(): Promise<Status | undefined> {
    const master = this.master;
    for (const { name } of Deno.readDirSync(this.#runtime)) {
      try {
        const path = `${this.#runtime}/${name}/control.sock`;
        using client = Deno.createHttpClient({ proxy: { transport: "unix", path } });
        const status: Status = await (await fetch("http://localhost/status", { client })).json();
        if (status.pid === master) return status;
      } catch {
        // Not there yet, or gone already.
      }
    }
    return undefined;
  }

  async ready(): Promise<void> {
    await this.#settled(1);
  }

  /** Waits until the workers that are wanted, and no others, serve the generation. */
  async #settled(generation: number): Promise<void> {
    await this.family.until(`${this.#target} ready workers of generation ${generation}`, async () => {
      this.#refuseIfUnknown();
      const status = await this.status();
      return status?.phase === "running" && status.workers.length === this.#target &&
        status.workers.every((worker) => worker.state === "ready" && worker.generation === generation);
    });
  }

  #refuseIfUnknown(): void {
    const code = this.family.exitCode(this.#first);
    if (code === 2) throw new NotSupported(this.family.lines.at(-1)?.text ?? "exit code 2");
    if (code !== undefined && this.master === undefined) {
      throw new Error(`it ended with exit code ${code}\n${this.log()}`);
    }
  }

  async #generation(): Promise<number> {
    return await this.family.until("a status", async () => (await this.status())?.generation);
  }

  signal(signal: Deno.Signal): void {
    const { master } = this;
    if (master === undefined) throw new Error(`there is no master\n${this.log()}`);
    Deno.kill(master, signal);
  }

  async reload(): Promise<void> {
    const generation = await this.#generation();
    this.signal("SIGHUP");
    await this.#settled(generation + 1);
  }

  async oneMore(): Promise<void> {
    const generation = await this.#generation();
    this.#target++;
    this.signal("SIGTTIN");
    await this.#settled(generation);
  }

  async oneFewer(): Promise<void> {
    const generation = await this.#generation();
    this.#target--;
    this.signal("SIGTTOU");
    await this.#settled(generation);
  }

  async upgrade(): Promise<void> {
    const old = this.master;
    const from = this.family.lines.length;
    this.signal("SIGUSR2");
    await this.family.until("another master in the pidfile", () => {
      if (this.family.find(/USR2 ignored/, from) !== undefined) throw new NotSupported("USR2 is ignored");
      const next = this.master;
      return next !== undefined && next !== old && isRunning(next);
    });
    await this.family.until("the end of the old master", () => !isRunning(old!));
    if (old === this.#first) {
      const code = await this.family.until("its exit code", () => this.family.exitCode(old));
      if (code !== 0) throw new Error(`the old master ended with exit code ${code}\n${this.log()}`);
    }
    await this.family.until("ready workers of the new master", async () => {
      const status = await this.status();
      return status?.phase === "running" && status.workers.length === this.#target &&
        status.workers.every((worker) => worker.state === "ready");
    });
  }

  recycled(): number {
    return Math.max(0, this.family.count(/pid=\d+ +ready after/) - this.#target);
  }

  async stop(): Promise<void> {
    const { master } = this;
    this.signal("SIGTERM");
    await this.family.until("its end", () => !isRunning(master!) && this.family.living().length === 0);
  }

  destroy(): Promise<void> {
    return this.family.destroy();
  }

  log(): string {
    return this.family.log();
  }
}
