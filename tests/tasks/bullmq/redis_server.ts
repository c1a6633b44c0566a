/** A real server of Redis for a test, in a private folder and at a free port, which ends with the test. */

import { freePort } from "../../../bench/support/free_port.ts";
import { createSystem } from "../../../src/system/deno_system.ts";
import { bullMqStore } from "../../../src/tasks/bullmq/bullmq_store.ts";
import type { StoreOptions, TaskStore } from "../../../src/tasks/task_store.ts";

const program = programPath();

/** Why tests with it are skipped, or `null`. */
export const lackingRedis = program === undefined ? "redis-server is not on PATH" : null;
if (lackingRedis !== null) console.log(`skipped: tests with Redis: ${lackingRedis}`);

/** A test with a server; skipped where redis-server is not installed. */
export function redisTest(name: string, body: (server: RedisServer) => Promise<void>, args: string[] = []) {
  Deno.test({
    name,
    ignore: lackingRedis !== null,
    fn: async () => {
      await using server = await RedisServer.start(args);
      await body(server);
    },
  });
}

export class RedisServer implements AsyncDisposable {
  readonly port: number;
  readonly #directory: string;
  readonly #args: readonly string[];
  readonly #stores: TaskStore[] = [];
  #process: Deno.ChildProcess | null = null;

  private constructor(port: number, directory: string, args: readonly string[]) {
    this.port = port;
    this.#directory = directory;
    this.#args = args;
  }

  static async start(args: readonly string[] = []): Promise<RedisServer> {
    const directory = Deno.makeTempDirSync({ prefix: "denicorn-redis-" });
    const server = new RedisServer(freePort(), directory, args);
    try {
      await server.run();
    } catch (error) {
      await server[Symbol.asyncDispose]();
      throw error;
    }
    return server;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}/0`;
  }

  /** A store on it that is closed with the server. */
  store(options: Partial<StoreOptions> = {}, query = "", credentials = ""): TaskStore {
    const url = this.url.replace("//", `//${credentials}`) + query;
    const store = bullMqStore(createSystem(), url, { lease: 30_000, retention: 3_600_000, ...options });
    this.#stores.push(store);
    return store;
  }

  /** Starts it, with the data of the time before. */
  async run(): Promise<void> {
    const args = ["--port", `${this.port}`, "--bind", "127.0.0.1", "--dir", this.#directory, "--save", ""];
    // By default Redis holds writes back for up to 2 s while the disk is busy, and acknowledges them.
    const durable = ["--appendonly", "yes", "--appendfsync", "always"];
    const log = ["--logfile", `${this.#directory}/redis.log`];
    this.#process = new Deno.Command(program ?? "redis-server", {
      args: [...args, ...durable, ...log, ...this.#args],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    await this.until("Redis answers", async () => /^\+PONG|^-NOAUTH/.test(await this.command("PING")));
  }

  /** Ends it, and waits for its end. */
  async end(signal: Deno.Signal = "SIGKILL"): Promise<void> {
    this.signal(signal);
    await this.#process?.status;
    this.#process = null;
  }

  signal(signal: Deno.Signal): void {
    this.#process?.kill(signal);
  }

  /** The first part of the answer to a command without spaces in its words; empty if there is no server. */
  async command(line: string): Promise<string> {
    try {
      using connection = await Deno.connect({ hostname: "127.0.0.1", port: this.port });
      await connection.write(new TextEncoder().encode(`${line}\r\n`));
      const bytes = new Uint8Array(65_536);
      return new TextDecoder().decode(bytes.subarray(0, await connection.read(bytes) ?? 0));
    } catch {
      return "";
    }
  }

  /** Waits for a condition. */
  async until(what: string, check: () => boolean | Promise<boolean>, deadline = 30_000): Promise<void> {
    const end = performance.now() + deadline;
    while (!await check()) {
      if (performance.now() > end) throw new Error(`waited without success until ${what}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const store of this.#stores) await store.close();
    await this.end();
    Deno.removeSync(this.#directory, { recursive: true });
  }
}

function programPath(): string | undefined {
  const folders = (Deno.env.get("PATH") ?? "").split(":");
  return folders.map((folder) => `${folder}/redis-server`).find((path) => {
    try {
      return Deno.statSync(path).isFile;
    } catch {
      return false;
    }
  });
}
