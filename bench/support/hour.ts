/** The steps of a new user, one command after the other, each timed and its output compared with what is to be seen. */

import { freePort } from "./free_port.ts";

/** Milliseconds that a step may take. */
const patience = 30_000;

export class Hour implements AsyncDisposable {
  readonly port = freePort();
  readonly #folder = Deno.makeTempDirSync({ prefix: "first-hour-" });
  readonly #environment: Record<string, string>;
  #server: Deno.ChildProcess | null = null;
  #cwd = ".";

  /** `program`: the executable that is found as `denicorn`. */
  constructor(user: string, program: string) {
    console.log(`\nA user of ${user}\n`);
    for (const name of ["bin", "home", "run"]) Deno.mkdirSync(`${this.#folder}/${name}`, { mode: 0o700 });
    Deno.symlinkSync(program, `${this.#folder}/bin/denicorn`);
    this.#environment = {
      PATH: `${this.#folder}/bin:${Deno.env.get("PATH")}`,
      HOME: `${this.#folder}/home`,
      XDG_RUNTIME_DIR: `${this.#folder}/run`,
      NO_COLOR: "1",
      PORT: `${this.port}`,
    };
  }

  /** Later commands run there. */
  enter(folder: string): void {
    this.#cwd = folder;
  }

  write(name: string, text: string): void {
    Deno.writeTextFileSync(this.#path(name), text);
  }

  /** Runs `line` once; throws if what it prints is not as `sees` says. */
  async run(line: string, sees: RegExp): Promise<void> {
    await this.#step(line, sees, () => this.#output(line));
  }

  /** Runs `line`, which changes something, and then looks with `look` until `sees` is there. */
  async change(line: string, look: string, sees: RegExp): Promise<void> {
    await this.#step(`${line}   # until: ${look}`, sees, async () => {
      await this.#output(line);
      return this.#until(look, sees);
    });
  }

  /** Looks with `look` until `sees` is there, which needs no command. */
  async until(look: string, sees: RegExp): Promise<void> {
    await this.#step(look, sees, () => this.#until(look, sees));
  }

  /** As `change`, while requests are sent one after the other, none of which may fail. */
  async changeUnderLoad(line: string, look: string, sees: RegExp): Promise<void> {
    let [isOver, answered, failed] = [false, 0, 0];
    const load = async () => {
      while (!isOver) {
        const isGood = await fetch(`http://127.0.0.1:${this.port}/`).then((r) => r.text().then(() => r.ok))
          .catch(() => false);
        if (isGood) answered++;
        else failed++;
      }
    };
    const loads = [load(), load()];
    try {
      await this.change(line, look, sees);
    } finally {
      isOver = true;
      await Promise.all(loads);
    }
    console.log(`        ${answered} requests meanwhile, ${failed} failed`);
    if (failed > 0) throw new Error(`${failed} requests failed`);
  }

  /** Starts a server whose log goes to `server.log`, and waits until it serves. */
  async serve(line: string): Promise<void> {
    const serves = /ready on/;
    await this.#step(`${line} 2>server.log &`, serves, () => {
      this.#server = this.#shell(`exec ${line} >server.log 2>&1`).spawn();
      return this.#until("cat server.log", serves);
    });
  }

  /** Stops the server, which is to end well. By its process: there may be others of this user. */
  async stop(): Promise<void> {
    const server = this.#server!;
    await this.#step(`kill ${server.pid}; wait`, /exit code 0/, async () => {
      server.kill("SIGTERM");
      return `exit code ${(await server.status).code}`;
    });
    this.#server = null;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // After an upgrade the server is another process, which the pidfile names.
    await this.#output("kill $(cat *.pid) 2>/dev/null");
    try {
      this.#server?.kill("SIGTERM");
    } catch {
      // It has ended.
    }
    await this.#server?.status;
    Deno.removeSync(this.#folder, { recursive: true });
  }

  #path(name: string): string {
    return `${this.#folder}/home/${this.#cwd}/${name}`;
  }

  async #step(shown: string, sees: RegExp, act: () => Promise<string>): Promise<void> {
    const began = performance.now();
    const output = await act();
    const seconds = ((performance.now() - began) / 1_000).toFixed(2);
    console.log(`${seconds.padStart(6)}  $ ${shown}`);
    const line = output.split("\n").find((line) => sees.test(line));
    if (line === undefined) throw new Error(`${shown}: ${sees} is not in what it printed:\n${output}`);
    console.log(`        ${line.trim()}`);
  }

  async #until(look: string, sees: RegExp): Promise<string> {
    const end = performance.now() + patience;
    for (;;) {
      const output = await this.#output(look);
      if (sees.test(output) || performance.now() > end) return output;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  async #output(line: string): Promise<string> {
    const { stdout, stderr } = await this.#shell(line).output();
    const text = new TextDecoder();
    return text.decode(stdout) + text.decode(stderr);
  }

  #shell(line: string): Deno.Command {
    return new Deno.Command("sh", {
      args: ["-c", line],
      cwd: this.#path("."),
      env: this.#environment,
      clearEnv: true,
      stdin: "null",
    });
  }
}
