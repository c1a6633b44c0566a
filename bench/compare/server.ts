/** One server under measurement: the processes that make it up. */

import { commandOf, familyOf, type Memory, memoryOf } from "./processes.ts";

/** How one process is started, in a session of its own. */
export interface Launch {
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Milliseconds until a server that does not answer has failed. */
const startTimeout = 30_000;
const request = new TextEncoder().encode("GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");

export class Server {
  /** Those that have not been stopped. */
  static readonly running = new Set<Server>();
  readonly #processes: readonly Deno.ChildProcess[];
  readonly #folder: string;
  #ended = 0;

  private constructor(launches: readonly Launch[], folder: string) {
    this.#folder = folder;
    this.#processes = launches.map(({ command: [program, ...args], env = {} }) =>
      new Deno.Command(program!, {
        args,
        cwd: folder,
        env: { ...inheritedVariables(), ...env },
        clearEnv: true,
        stdin: "null",
        stdout: "null",
        stderr: "null",
        // With sched_autogroup_enabled the kernel shares the cores among sessions. Workers of Denicorn have one each; plain
        // processes in the session of the load generator had half of its share, and used 10 % less CPU time per request.
        detached: true,
      }).spawn()
    );
    Server.running.add(this);
    for (const { status } of this.#processes) void status.then(() => this.#ended++);
  }

  /** Waits for the first answer, which came after `took` milliseconds. `folder` is removed by `stop`. */
  static async start(launches: readonly Launch[], port: number, folder: string) {
    const began = performance.now();
    const server = new Server(launches, folder);
    while (!await answers(port)) {
      if (server.#ended > 0 || performance.now() - began > startTimeout) {
        await server.stop();
        throw new Error(`${launches[0]!.command.join(" ")}: no answer`);
      }
      // More frequent attempts would take CPU time from the server.
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    return { server, took: performance.now() - began };
  }

  get pids(): readonly number[] {
    return familyOf(this.#processes.map(({ pid }) => pid));
  }

  /** The processes that match, or by default those that a first one has started, or, if there are none, the first ones. */
  workers(pattern: RegExp | undefined): readonly number[] {
    const all = this.pids;
    if (pattern !== undefined) return all.filter((pid) => pattern.test(commandOf(pid)));
    const roots = this.#processes.map(({ pid }) => pid);
    return all.length > roots.length ? all.filter((pid) => !roots.includes(pid)) : roots;
  }

  memory(worker: RegExp | undefined): Memory {
    return memoryOf(this.pids, this.workers(worker));
  }

  /** Waits until it has `count` workers, none of which is in `old`. Returns the milliseconds that it took. */
  async until(worker: RegExp | undefined, count: number, old: readonly number[] = []): Promise<number> {
    const began = performance.now();
    for (;;) {
      const now = this.workers(worker);
      if (now.length === count && !now.some((pid) => old.includes(pid))) return performance.now() - began;
      if (performance.now() - began > startTimeout) {
        throw new Error(`it has ${now.length} workers, not ${count} new ones`);
      }
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  /** Sends a signal to the first process. */
  signal(signal: Deno.Signal): void {
    Deno.kill(this.#processes[0]!.pid, signal);
  }

  async stop(): Promise<void> {
    const family = this.pids;
    for (const process of this.#processes) kill(process.pid, "SIGTERM");
    const deadline = setTimeout(() => family.forEach((pid) => kill(pid, "SIGKILL")), 10_000);
    await Promise.all(this.#processes.map(({ status }) => status));
    clearTimeout(deadline);
    // When interrupted, it is stopped twice.
    if (Server.running.delete(this)) Deno.removeSync(this.#folder, { recursive: true });
  }
}

function kill(pid: number, signal: Deno.Signal): void {
  try {
    Deno.kill(pid, signal);
  } catch {
    // It has ended.
  }
}

/** Whether a request on a new connection is answered within two seconds. */
export async function answers(port: number): Promise<boolean> {
  try {
    using connection = await Deno.connect({
      hostname: "127.0.0.1",
      port,
      signal: AbortSignal.timeout(2_000),
    });
    const answer = async () => {
      await connection.write(request);
      return (await connection.read(new Uint8Array(64)) ?? 0) > 0;
    };
    let timer: ReturnType<typeof setTimeout> | undefined;
    const timeout = new Promise<false>((resolve) => timer = setTimeout(resolve, 2_000, false));
    const answered = answer();
    // Closing the connection ends it.
    answered.catch(() => {});
    return await Promise.race([answered, timeout]).finally(() => clearTimeout(timer));
  } catch {
    return false;
  }
}

/** Only what a program needs, so that the environment of the measurement does not change settings. */
function inheritedVariables(): Record<string, string> {
  const names = ["PATH", "HOME", "DENO_DIR", "DENO_TLS_CA_STORE", "LD_LIBRARY_PATH"];
  return Object.fromEntries(names.flatMap((name) => {
    const value = Deno.env.get(name);
    return value === undefined ? [] : [[name, value]];
  }));
}
