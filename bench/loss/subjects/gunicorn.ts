/** Gunicorn with `--reuse-port`, for comparison; followed by its processes, as it has no status to ask for. */

import { freePort } from "../../support/program.ts";
import { Family, isRunning } from "./family.ts";
import { NotSupported, type Subject } from "./subject.ts";

const app = `
def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "13")])
    return [b"Hello, World!"]
`;

/** Threads, as its plain worker keeps no connection alive. */
const usual = ["--reuse-port", "--worker-class", "gthread", "--threads", "8", "--pid", "master.pid"];

export class Gunicorn implements Subject {
  readonly port = freePort();
  readonly #family = new Family();
  readonly #workers: number;
  #target: number;

  constructor(program: string, { workers = 2, args = [] }: { workers?: number; args?: readonly string[] }) {
    this.#workers = this.#target = workers;
    this.#family.write({ "wsgi.py": app });
    const own = ["--bind", `127.0.0.1:${this.port}`, "--workers", `${workers}`];
    // It puts a control socket into the home directory.
    this.#family.start([program, ...own, ...usual, ...args, "wsgi:app"], { HOME: this.#family.folder });
  }

  #pidIn(file: string): number | undefined {
    try {
      return Number(Deno.readTextFileSync(`${this.#family.folder}/${file}`));
    } catch {
      return undefined;
    }
  }

  async #master(): Promise<number> {
    return await this.#family.until("its pidfile", () => this.#pidIn("master.pid"));
  }

  async #workerPids(): Promise<number[]> {
    const master = await this.#master();
    return this.#family.living().filter((pid) => pid !== master && isRunning(pid));
  }

  async #settled(gone: readonly number[]): Promise<void> {
    await this.#family.until(`${this.#target} workers`, async () => {
      const pids = await this.#workerPids();
      return pids.length === this.#target && !pids.some((pid) => gone.includes(pid));
    });
  }

  async ready(): Promise<void> {
    await this.#settled([]);
    await this.#family.until("an answer", async () => {
      try {
        (await Deno.connect({ hostname: "127.0.0.1", port: this.port })).close();
        return true;
      } catch {
        return false;
      }
    });
  }

  async reload(): Promise<void> {
    const old = await this.#workerPids();
    Deno.kill(await this.#master(), "SIGHUP");
    await this.#settled(old);
  }

  async oneMore(): Promise<void> {
    this.#target++;
    Deno.kill(await this.#master(), "SIGTTIN");
    await this.#settled([]);
  }

  async oneFewer(): Promise<void> {
    this.#target--;
    Deno.kill(await this.#master(), "SIGTTOU");
    await this.#settled([]);
  }

  /** The three steps of its manual: USR2, then WINCH and TERM to the old master. */
  async upgrade(): Promise<void> {
    const old = await this.#master();
    const from = this.#family.lines.length;
    const booted = () => this.#family.count(/Booting worker/, from);
    Deno.kill(old, "SIGUSR2");
    await this.#family.until("workers of a new master", () => {
      if (this.#family.find(/^Traceback/, from) !== undefined) {
        const error = this.#family.find(/^\w+Error: /, from);
        if (error !== undefined) throw new NotSupported(`its new master ends with ${error.text}`);
      }
      return this.#pidIn("master.pid.2") !== undefined && booted() >= this.#target;
    });
    Deno.kill(old, "SIGWINCH");
    Deno.kill(old, "SIGTERM");
    await this.#family.until("the end of the old master", () => !isRunning(old));
    await this.#family.until("its pidfile", () => this.#pidIn("master.pid"));
    await this.#settled([]);
  }

  recycled(): number {
    return Math.max(0, this.#family.count(/Booting worker/) - this.#workers);
  }

  async stop(): Promise<void> {
    Deno.kill(await this.#master(), "SIGTERM");
    await this.#family.until("its end", () => this.#family.living().length === 0);
  }

  destroy(): Promise<void> {
    return this.#family.destroy();
  }

  log(): string {
    return this.#family.log();
  }
}
