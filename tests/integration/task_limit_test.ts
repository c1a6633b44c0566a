import { assert, assertEquals, assertMatch } from "../assert.ts";
import { type TestHost, testOnOneTarget, until } from "./harness.ts";
import type { Server } from "./server.ts";

/** The limit of tasks binds every user but root, and counts all tasks of the user: so the server needs one of its own. */
const lacking = Deno.uid() === 0 ? null : "needs root, to run the server as a user without other tasks";

const app = (text: string) => `export default () => new Response(${JSON.stringify(text)});`;

class Crowded {
  readonly server: Server;
  readonly #user: string;

  constructor(host: TestHost, args: readonly string[]) {
    const user = String(60_000 + Deno.pid % 4_000 + (host.target.name === "source" ? 0 : 4_000));
    this.#user = user;
    host.write({ "main.ts": app("one"), "home/.keep": "" });
    this.#own(host.folder);
    this.server = host.start({
      files: {},
      command: [...this.#asUser, ...host.target.command],
      args: [...args, "--log-level", "debug"],
      env: { HOME: `${host.folder}/home` },
    });
  }

  get #asUser(): string[] {
    return ["setpriv", "--reuid", this.#user, "--regid", this.#user, "--clear-groups"];
  }

  #own(path: string): void {
    new Deno.Command("chown", { args: ["-R", `${this.#user}:${this.#user}`, path] }).outputSync();
  }

  get #processes(): number[] {
    return Array.from(Deno.readDirSync("/proc"), ({ name }) => Number(name))
      .filter((pid) => pid > 0 && this.#statusOf(pid).match(/^Uid:\s+(\d+)/m)?.[1] === this.#user);
  }

  #statusOf(pid: number): string {
    try {
      return Deno.readTextFileSync(`/proc/${pid}/status`);
    } catch {
      return "";
    }
  }

  /** Waits until the runtime has ended its idle threads, 10 s after their last work; then allows no further task. */
  async setLimit(): Promise<void> {
    const { server } = this;
    await server.until("a master at rest", () => {
      try {
        const threads = Array.from(Deno.readDirSync(`/proc/${server.pid}/task`), ({ name }) => name);
        const names = threads.map((id) => Deno.readTextFileSync(`/proc/${server.pid}/task/${id}/comm`));
        return !names.some((name) => name.startsWith("tokio"));
      } catch {
        // A thread has ended.
        return false;
      }
    }, 60_000);
    this.#limit(1);
  }

  liftLimit(): void {
    this.#limit(10_000);
  }

  /** Until all have it: one that has no limit yet may start another, and one may end meanwhile, such as a build. */
  #limit(tasks: number): void {
    const done = new Set<number>();
    const missing = () => this.#processes.filter((pid) => !done.has(pid));
    for (let pids = missing(); pids.length > 0; pids = missing()) {
      for (const pid of pids) {
        this.#limitOne(pid, tasks);
        done.add(pid);
      }
    }
  }

  /** As the user itself: root may need a capability for that. */
  #limitOne(pid: number, tasks: number): void {
    const [command = "", ...args] = [...this.#asUser, "prlimit", "--pid", String(pid), `--nproc=${tasks}:`];
    const { success, stderr } = new Deno.Command(command, { args }).outputSync();
    assert(success || !this.#processes.includes(pid), new TextDecoder().decode(stderr));
  }
}

async function signalled(server: Server, signal: Deno.Signal, pattern: RegExp): Promise<void> {
  const from = server.stderr.length;
  server.kill(signal);
  await server.logged(pattern, from);
}

testOnOneTarget(
  "a master at the limit of tasks keeps serving, and reloads when it may again",
  async (host) => {
    const crowded = new Crowded(host, ["--bundle-cache", "auto"]);
    const { server } = crowded;
    await server.ready(1);
    await until("the app in the cache", () => {
      try {
        return [...Deno.readDirSync(`${host.folder}/home/.cache/denicorn/bundles`)].length > 0;
      } catch {
        return false;
      }
    });
    await crowded.setLimit();
    const ctl = (...args: string[]) => host.run(["ctl", "--socket", host.controlSocket, ...args]);

    // The bundle is in the cache: only the worker is missing.
    await signalled(
      server,
      "SIGHUP",
      /reload failed, generation 1 keeps serving: cannot start a worker process: .*Resource temporarily unavailable/,
    );
    // Now it is not.
    host.write({ "main.ts": app("two") });
    await signalled(
      server,
      "SIGHUP",
      /reload failed, generation 1 keeps serving: cannot load the app: esbuild cannot be run: its process could not be started: .*ulimit -u/,
    );
    assertEquals((await ctl("status")).code, 0);
    const reload = await ctl("reload", "--wait");
    assertMatch(reload.stderr, /esbuild cannot be run/);
    assertEquals((await ctl("reopen")).code, 0);
    // Under `deno run`, the runtime handles USR1 itself, too, and needs a thread for that.
    if (host.target.name === "binary") await signalled(server, "SIGUSR1", /logs reopened/);
    await signalled(
      server,
      "SIGUSR2",
      /upgrade failed, this master keeps serving: cannot start .*Resource temporarily unavailable/,
    );
    assertEquals(await server.text(), "one");

    crowded.liftLimit();
    assertEquals((await ctl("reload", "--wait")).code, 0);
    assertEquals(await server.text(), "two");
    server.kill("SIGTERM");
    assertEquals(await server.exit(), { code: 0, signal: null });
    assertEquals(server.leftovers(), []);
  },
  lacking,
);

testOnOneTarget(
  "at the limit of tasks, a dead worker is replaced when that is possible again, and a stop works",
  async (host) => {
    const crowded = new Crowded(host, ["--workers", "2"]);
    const { server } = crowded;
    const [victim] = await server.ready(2);
    await crowded.setLimit();
    const from = server.stderr.length;
    Deno.kill(victim!.pid, "SIGKILL");
    const failure = /cannot start a worker process: .*Resource temporarily unavailable.*ulimit -u/;
    await server.logged(failure, from);
    await server.logged(failure, server.stderr.length);
    assertMatch(await server.text(), /one/);
    crowded.liftLimit();
    await server.ready(2);
    await crowded.setLimit();
    server.kill("SIGTERM");
    assertEquals(await server.exit(), { code: 0, signal: null });
    assertEquals(server.leftovers(), []);
  },
  lacking,
);
