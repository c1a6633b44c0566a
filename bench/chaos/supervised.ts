/** Denicorn as a service manager runs it: with a fixed port and folder, and started again when its master has died. */

import type { Status, WorkerStatus } from "../../src/core/telemetry/status.ts";
import { isRunning, ProcessGroup } from "../loss/subjects/process_group.ts";
import { freePort } from "../support/program.ts";

/** `/` responds at once with the worker's process id, `/slow` after 300 ms, `/grow` keeps 30 MB of memory more. */
const app = `
const kept: Uint8Array[] = [];
export default async (request: Request): Promise<Response> => {
  const path = new URL(request.url).pathname;
  if (path === "/grow") kept.push(new Uint8Array(30 << 20).fill(1));
  if (path === "/slow") await new Promise((resolve) => setTimeout(resolve, 300));
  return new Response(String(Deno.pid));
};
`;

export class Supervised {
  readonly port = freePort();
  readonly processes = new ProcessGroup();
  readonly #command: readonly string[];
  readonly #spares: number;
  /** Processes started by this class; the successors that upgrades start are not among them. */
  readonly #started: number[] = [];

  constructor(command: readonly string[], workers: number, spares: number, args: readonly string[]) {
    this.#spares = spares;
    const own = [
      "--spare-workers",
      `${spares}`,
      "--workers",
      `${workers}`,
      "--bind",
      `127.0.0.1:${this.port}`,
      "--pid",
      "master.pid",
    ];
    this.#command = [...command, ...own, ...args, "main.ts"];
    this.processes.write({ "main.ts": app });
    Deno.mkdirSync(this.#runtime);
    this.start();
  }

  get #runtime(): string {
    return `${this.processes.folder}/run`;
  }

  start(): void {
    const env = { XDG_RUNTIME_DIR: this.#runtime, TMPDIR: this.processes.folder };
    this.#started.push(this.processes.start(this.#command, env));
  }

  /** The process id of the current master, while it runs. */
  get master(): number | undefined {
    try {
      const pid = Number(Deno.readTextFileSync(`${this.processes.folder}/master.pid`));
      return pid > 0 && isRunning(pid) ? pid : undefined;
    } catch {
      return undefined;
    }
  }

  signal(signal: Deno.Signal): void {
    const { master } = this;
    if (master !== undefined) Deno.kill(master, signal);
  }

  /** The status of the master in the pidfile. */
  async status(): Promise<Status | undefined> {
    const { master } = this;
    for (const { name } of Deno.readDirSync(this.#runtime)) {
      try {
        const path = `${this.#runtime}/${name}/control.sock`;
        using client = Deno.createHttpClient({ proxy: { transport: "unix", path } });
        const status: Status = await (await fetch("http://localhost/status", {
          client,
          // A stopped master does not respond.
          signal: AbortSignal.timeout(1_000),
        })).json();
        if (status.pid === master) return status;
      } catch {
        // Not there yet, already gone, or stopped.
      }
    }
    return undefined;
  }

  /**
   * Waits until the server does nothing but serve, with the workers it should have, and returns them. If it
   * `startsAgain`, it is started whenever it has no master.
   */
  settled({ startsAgain = false } = {}): Promise<readonly WorkerStatus[]> {
    return this.processes.until("a server that serves with all workers", async () => {
      if (startsAgain && this.#masters().length === 0) this.start();
      const status = await this.status();
      // Until HUP is read, WINCH is in effect.
      if (status?.phase !== "running" || status.target === 0) return undefined;
      const count = (state: WorkerStatus["state"]) =>
        status.workers.filter((worker) => worker.state === state).length;
      const isReady = count("ready") === status.target && count("spare") === this.#spares &&
        status.workers.length === status.target + this.#spares;
      return isReady && this.#masters().length === 1 && status.workers;
    });
  }

  /** Process ids of the masters: during an upgrade there are two. */
  #masters(): number[] {
    return this.processes.running().filter((pid) => {
      try {
        return !Deno.readTextFileSync(`/proc/${pid}/cmdline`).split("\0").includes("--worker");
      } catch {
        return false;
      }
    });
  }

  /** Stops it and returns what it has left behind: processes, and files in its runtime folder. */
  async stop(): Promise<string[]> {
    this.signal("SIGTERM");
    await this.processes.until("the end of all processes", () => this.processes.running().length === 0);
    return [
      ...Array.from(Deno.readDirSync(this.#runtime), ({ name }) => `${this.#runtime}/${name}`),
      ...Array.from(Deno.readDirSync("/dev/shm"), ({ name }) => `/dev/shm/${name}`)
        .filter((path) => this.#started.some((pid) => path.includes(`denicorn-${pid}`))),
      ...this.master === undefined ? [] : [`the pidfile of ${this.master}`],
    ];
  }
}
