/** Plain `Deno.serve` processes on one port, rolled by hand: a new one, then `shutdown()` of the oldest. */

import { denoRun, freePort } from "../../support/program.ts";
import { Family } from "./family.ts";
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

export class Rolled implements Subject {
  readonly port = freePort();
  readonly #family = new Family();
  readonly #pids: number[] = [];

  constructor() {
    this.#family.write({ "main.ts": server });
  }

  async #start(): Promise<void> {
    const from = this.#family.lines.length;
    this.#pids.push(this.#family.start([...denoRun, "main.ts", `${this.port}`]));
    await this.#family.until("a process that listens", () => this.#family.find(/^listening/, from));
  }

  async #stopOldest(): Promise<void> {
    const pid = this.#pids.shift()!;
    Deno.kill(pid, "SIGTERM");
    await this.#family.until("its end", () => this.#family.exitCode(pid) !== undefined);
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
    return this.#family.destroy();
  }

  log(): string {
    return this.#family.log();
  }
}
