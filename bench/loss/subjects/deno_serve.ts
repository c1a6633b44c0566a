/** Plain `Deno.serve` processes on one port, reloaded by hand: start a new one, then `shutdown()` the oldest. */

import { denoRun, freePort } from "../../support/program.ts";
import { ProcessGroup } from "./process_group.ts";
import type { Subject } from "./subject.ts";

const server = `
const server = Deno.serve(
  { hostname: "127.0.0.1", port: Number(Deno.args[0]), reusePort: true, onListen: () => console.log("listening") },
  () => new Response("Hello, World!"),
);
Deno.addSignalListener("SIGTERM", async () => {
  await server.shutdown();
  Deno.exit(0);
});
`;

export class DenoServe implements Subject {
  readonly port = freePort();
  readonly #processes = new ProcessGroup();
  readonly #pids: number[] = [];

  constructor() {
    this.#processes.write({ "main.ts": server });
  }

  async #start(): Promise<void> {
    const from = this.#processes.lines.length;
    this.#pids.push(this.#processes.start([...denoRun, "main.ts", `${this.port}`]));
    await this.#processes.until("a process that listens", () => this.#processes.find(/^listening/, from));
  }

  async #stopOldest(): Promise<void> {
    const pid = this.#pids.shift()!;
    Deno.kill(pid, "SIGTERM");
    await this.#processes.until("its end", () => this.#processes.exitCode(pid) !== undefined);
  }

  async ready(): Promise<void> {
    await this.#start();
    await this.#start();
  }

  async reload(): Promise<void> {
    await this.#start();
    await this.#stopOldest();
  }

  async stop(): Promise<void> {
    while (this.#pids.length > 0) await this.#stopOldest();
  }

  destroy(): Promise<void> {
    return this.#processes.destroy();
  }

  log(): string {
    return this.#processes.log();
  }
}
