/** A running Denicorn server: its process, log, port and control socket. */

import type { Status, WorkerStatus } from "../../src/core/telemetry/status.ts";
import { until } from "./harness.ts";

export interface ServerOptions {
  readonly command: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly port: number;
  /** The folder in which its runtime directory is created. */
  readonly runtime: string;
}

export interface Exit {
  readonly code: number;
  readonly signal: string | null;
}

export class Server {
  readonly #process: Deno.ChildProcess;
  readonly #options: ServerOptions;
  /** Process ids of all its processes seen so far. */
  readonly #seen = new Set<number>();
  /** Shared memory files of all its masters seen so far. */
  readonly #scoreboards = new Set<string>();
  /** Opens a new connection for every request. */
  readonly #client = Deno.createHttpClient({ poolMaxIdlePerHost: 0 });
  readonly #outputEnd: Promise<unknown>;
  readonly exited: Promise<Exit>;
  stdout = "";
  stderr = "";
  #hasExited = false;
  /** Process id of the current master. */
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
    this.#outputEnd = Promise.all([
      gather(this.#process.stdout, (text) => this.stdout += text),
      gather(this.#process.stderr, (text) => this.stderr += text),
    ]);
    this.exited = this.#process.status.then(({ code, signal }) => {
      this.#hasExited = true;
      return { code, signal };
    });
  }

  /** Process id of the current master; it changes with an upgrade. */
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

  /** Waits for the current upgrade to complete. From then on this object represents the new master. */
  async upgraded(): Promise<void> {
    const old = this.#master;
    await this.logged(new RegExp(`(process ${old}|the old master) is gone: the upgrade is complete`));
    this.#master = await this.until("the new master's control socket", async () => {
      // Other servers may run on this host: those of this one appear in its log.
      const isOurs = ({ pid }: Status) => pid !== old && new RegExp(`\\b${pid}\\b`).test(this.stderr);
      return (await this.#statuses()).find(isOurs)?.pid;
    });
  }

  /** Waits until the process has exited and all output was read. */
  async exit(): Promise<Exit> {
    const exit = await this.until("exit", () => this.#hasExited && this.exited);
    await this.#outputEnd;
    return exit;
  }

  /** Waits for a condition. On a time-out the error contains the log. */
  until<T>(
    what: string,
    check: () => T | undefined | false | Promise<T | undefined | false>,
    deadline = 20_000,
  ): Promise<T> {
    return until(what, check, { deadline, explain: () => `its output:\n${this.stdout}${this.stderr}` });
  }

  /** Waits for a log line. `from` is the position in the log to search from. */
  logged(pattern: RegExp, from = 0): Promise<RegExpMatchArray> {
    return this.until(`log line ${pattern}`, () => this.stderr.slice(from).match(pattern) ?? undefined);
  }

  /** The status from the control socket; `undefined` while nothing responds there. */
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
        // Not there yet, or already gone.
      }
    }
    return found;
  }

  /** Waits until exactly `count` workers exist and all are ready. */
  async ready(count: number, generation?: number): Promise<readonly WorkerStatus[]> {
    // On a busy machine the start of the program alone may take longer than anything that a test waits for.
    if (this.#seen.size === 0) {
      await this.until("the start", async () => this.#hasExited || await this.status() !== undefined, 60_000);
    }
    return await this.until(`${count} ready workers`, async () => {
      const status = await this.status();
      if (status === undefined || status.workers.length !== count || status.phase !== "running") {
        return undefined;
      }
      const isReady = status.workers.every((worker) =>
        worker.state === "ready" && (generation === undefined || worker.generation === generation)
      );
      return isReady && status.workers;
    });
  }

  /** Sends a request on a new connection. */
  fetch(path = "/", init: RequestInit = {}): Promise<Response> {
    return isAwaitedLater(fetch(this.url + path, { ...init, client: this.#client }));
  }

  text(path = "/", init: RequestInit = {}): Promise<string> {
    return isAwaitedLater(this.fetch(path, init).then((response) => response.text()));
  }

  /** Process ids of the workers that respond to `count` new connections; the app must respond with its own. */
  async answering(count: number): Promise<Set<string>> {
    const pids = new Set<string>();
    for (let request = 0; request < count; request++) pids.add(await this.text());
    return pids;
  }

  /**
   * Makes `least` new connections, and more until each of these processes has responded: one that gets no time for a moment
   * gets no new connections either. Throws if another process responds.
   */
  async answeredBy(processes: Iterable<string | number>, least: number): Promise<void> {
    const missing = new Set(Array.from(processes, String));
    const expected = new Set(missing);
    let count = 0;
    await this.until(`responses of ${[...expected].join(", ")}`, async () => {
      do {
        const pid = await this.text();
        if (!expected.has(pid)) {
          throw new Error(`${pid} responded, and not one of ${[...expected].join(", ")}`);
        }
        missing.delete(pid);
      } while (++count < least);
      return missing.size === 0;
    });
  }

  /** Processes of this server that still run. */
  survivors(): number[] {
    return [this.pid, ...this.#seen].filter((pid) => isRunning(pid));
  }

  /** Processes and files that a stopped server left behind; should be empty. */
  leftovers(): string[] {
    const files = Array.from(Deno.readDirSync(this.#options.runtime), (entry) => `${entry.name}`);
    const memory = [...this.#scoreboards].filter((file) => exists(file));
    return [...this.survivors().map((pid) => `process ${pid}`), ...files, ...memory];
  }

  /** Kills all its processes, in any state. */
  async destroy(): Promise<void> {
    await this.status();
    if (!this.#hasExited) this.#process.kill("SIGKILL");
    for (const pid of this.survivors()) {
      try {
        Deno.kill(pid, "SIGKILL");
      } catch {
        // It has ended in the meantime.
      }
    }
    await this.exited;
    await this.#outputEnd;
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

/** False for a zombie: it has ended, and only its parent has not reaped it yet. */
export function isRunning(pid: number): boolean {
  try {
    const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
    return !stat.slice(stat.lastIndexOf(")")).startsWith(") Z");
  } catch {
    return false;
  }
}

/** What the descriptors of a process lead to. */
export function openFiles(pid: number): string[] {
  return Array.from(Deno.readDirSync(`/proc/${pid}/fd`)).flatMap(({ name }) => {
    try {
      return [Deno.readLinkSync(`/proc/${pid}/fd/${name}`)];
    } catch {
      // It was closed in the meantime.
      return [];
    }
  });
}

/**
 * A test that fails ends its server, and so the requests that it has not awaited yet: as uncaught errors they would take
 * the place of why it failed.
 */
function isAwaitedLater<T>(request: Promise<T>): Promise<T> {
  request.catch(() => {});
  return request;
}

async function gather(stream: ReadableStream<Uint8Array>, add: (text: string) => void): Promise<void> {
  for await (const text of stream.pipeThrough(new TextDecoderStream())) add(text);
}
