/** A running Denicorn as a test sees it: its process, its log, its port and its control socket. */

import type { Status, WorkerStatus } from "../../src/core/telemetry/status.ts";
import { until } from "./harness.ts";

export interface ServerOptions {
  readonly command: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly port: number;
  /** The folder its runtime directory appears in. */
  readonly runtime: string;
}

export interface Exit {
  readonly code: number;
  readonly signal: string | null;
}

export class Server {
  readonly #process: Deno.ChildProcess;
  readonly #options: ServerOptions;
  /** Every process that was ever seen to belong to it. */
  readonly #seen = new Set<number>();
  /** Files of shared memory that were ever mapped by one of its masters. */
  readonly #scoreboards = new Set<string>();
  /** One connection per request, as strangers bring. */
  readonly #client = Deno.createHttpClient({ poolMaxIdlePerHost: 0 });
  readonly #drained: Promise<unknown>;
  readonly exited: Promise<Exit>;
  stdout = "";
  stderr = "";
  #hasExited = false;
  /** Process id of the master that took over last. */
  #master: number;

  constructor(options: ServerOptions) {
    const [command, ...args] = options.command as [string, ...string[]];
    this.#options = options;
    this.#process = new Deno.Command(command, {
      args,
      cwd: options.cwd,
      env: { ...options.env },
      clearEnv: true,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#master = this.#process.pid;
    this.#drained = Promise.all([
      gather(this.#process.stdout, (text) => this.stdout += text),
      gather(this.#process.stderr, (text) => this.stderr += text),
    ]);
    this.exited = this.#process.status.then(({ code, signal }) => {
      this.#hasExited = true;
      return { code, signal };
    });
  }

  /** Of the master; after an upgrade that is another one. */
  get pid(): number {
    return this.#master;
  }

  get port(): number {
    return this.#options.port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  kill(signal: Deno.Signal): void {
    Deno.kill(this.#master, signal);
  }

  /** Waits for the upgrade that is under way; from then on this stands for the new master. */
  async upgraded(): Promise<void> {
    const old = this.#master;
    await this.logged(new RegExp(`(process ${old}|the old master) is gone: the upgrade is complete`));
    this.#master = await this.until("the new master's control socket", async () => {
      for (const status of await this.#statuses()) if (status.pid !== old) return status.pid;
      return undefined;
    });
  }

  /** Waits for the end and for all output. */
  async exit(): Promise<Exit> {
    const exit = await this.until("exit", () => this.#hasExited && this.exited);
    await this.#drained;
    return exit;
  }

  /** Waits for a condition on this server; the failure shows its log. */
  until<T>(
    what: string,
    check: () => T | undefined | false | Promise<T | undefined | false>,
    deadline = 20_000,
  ): Promise<T> {
    return until(what, check, { deadline, explain: () => `its output:\n${this.stdout}${this.stderr}` });
  }

  /** Waits for a log line; `from` is where in the log to begin. */
  logged(pattern: RegExp, from = 0): Promise<RegExpMatchArray> {
    return this.until(`log line ${pattern}`, () => this.stderr.slice(from).match(pattern) ?? undefined);
  }

  /** What the control socket says, or `undefined` while nobody answers there. */
  async status(): Promise<Status | undefined> {
    return (await this.#statuses()).find(({ pid }) => pid === this.pid);
  }

  async #statuses(): Promise<Status[]> {
    const found: Status[] = [];
    for (const entry of Deno.readDirSync(this.#options.runtime)) {
      const path = `${this.#options.runtime}/${entry.name}/control.sock`;
      try {
        using client = Deno.createHttpClient({ proxy: { transport: "unix", path } });
        const status: Status = await (await fetch("http://localhost/status", { client })).json();
        for (const { pid } of [status, ...status.workers]) this.#seen.add(pid);
        for (const file of scoreboardsOf(status.pid)) this.#scoreboards.add(file);
        found.push(status);
      } catch {
        // Not there yet, or gone already.
      }
    }
    return found;
  }

  /** Waits until `count` workers, and no others, are there and ready. */
  ready(count: number, generation?: number): Promise<readonly WorkerStatus[]> {
    return this.until(`${count} ready workers`, async () => {
      const status = await this.status();
      if (status === undefined || status.workers.length !== count || status.phase !== "running") {
        return undefined;
      }
      const good = status.workers.every((worker) =>
        worker.state === "ready" && (generation === undefined || worker.generation === generation)
      );
      return good && status.workers;
    });
  }

  /** One request on a connection of its own. */
  fetch(path = "/", init: RequestInit = {}): Promise<Response> {
    return fetch(this.url + path, { ...init, client: this.#client });
  }

  async text(path = "/"): Promise<string> {
    return await (await this.fetch(path)).text();
  }

  /** Process ids of the workers that answer `count` fresh connections to an app that tells its own. */
  async answering(count: number): Promise<Set<string>> {
    const pids = new Set<string>();
    for (let request = 0; request < count; request++) pids.add(await this.text());
    return pids;
  }

  /** Processes of this server that are still there. */
  survivors(): number[] {
    return [this.pid, ...this.#seen].filter((pid) => isRunning(pid));
  }

  /** What a stopped server left behind: processes and files. Empty is right. */
  leftovers(): string[] {
    const files = Array.from(Deno.readDirSync(this.#options.runtime), (entry) => `${entry.name}`);
    const memory = [...this.#scoreboards].filter((file) => exists(file));
    return [...this.survivors().map((pid) => `process ${pid}`), ...files, ...memory];
  }

  /** Whatever state it is in, it ends. */
  async destroy(): Promise<void> {
    await this.status();
    if (!this.#hasExited) this.#process.kill("SIGKILL");
    for (const pid of this.survivors()) {
      try {
        Deno.kill(pid, "SIGKILL");
      } catch {
        // Ended by itself meanwhile.
      }
    }
    await this.exited;
    await this.#drained;
    this.#client.close();
  }
}

function scoreboardsOf(pid: number): string[] {
  try {
    return Deno.readTextFileSync(`/proc/${pid}/maps`).match(/\/dev\/shm\/denicorn-\S+/g) ?? [];
  } catch {
    return [];
  }
}

function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}

/** A zombie has ended; only its parent has not looked yet. */
export function isRunning(pid: number): boolean {
  try {
    const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
    return !stat.slice(stat.lastIndexOf(")")).startsWith(") Z");
  } catch {
    return false;
  }
}

async function gather(stream: ReadableStream<Uint8Array>, add: (text: string) => void): Promise<void> {
  for await (const text of stream.pipeThrough(new TextDecoderStream())) add(text);
}
