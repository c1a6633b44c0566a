/** Clients that visit a server again and again while something happens to it, each on a new connection. */

import { readLines } from "../loss/lines.ts";

/** What became of one request. */
export interface Visit {
  /** Milliseconds since 1970. */
  readonly began: number;
  /** `cut`: the connection was made, and reset or closed without a response. */
  readonly outcome: "answered" | "refused" | "cut";
  /** Milliseconds. */
  readonly took: number;
}

const program = new URL("visitors_main.ts", import.meta.url).pathname;

export class Visitors {
  readonly #process: Deno.ChildProcess;
  readonly #end: Promise<unknown>;
  #count = 0;
  #last = "";

  /** `prefix` runs the clients in another way, for example in a network namespace. */
  constructor(port: number, prefix: readonly string[] = []) {
    const command = [
      ...prefix,
      Deno.execPath(),
      "run",
      "-A",
      "--quiet",
      "--no-check",
      "--no-config",
      program,
    ];
    this.#process = new Deno.Command(command[0]!, {
      args: [...command.slice(1), String(port)],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    this.#end = readLines(this.#process.stdout, (line) => {
      this.#count++;
      this.#last = line;
    });
  }

  /** Waits until `count` more visits have ended. */
  async more(count: number): Promise<void> {
    const enough = this.#count + count;
    while (this.#count < enough) await new Promise((resolve) => setTimeout(resolve, 10));
  }

  /** No more visits begin; resolves when all have ended. */
  async stop(): Promise<readonly Visit[]> {
    await this.#process.stdin.close();
    await this.#end;
    await this.#process.status;
    return JSON.parse(this.#last);
  }
}

/** How many visits had each outcome. */
export function outcomesOf(visits: readonly Visit[]): Readonly<Record<Visit["outcome"], number>> {
  const count = (outcome: Visit["outcome"]) => visits.filter((visit) => visit.outcome === outcome).length;
  return { answered: count("answered"), refused: count("refused"), cut: count("cut") };
}
