/** Workers that are threads: each is started, ended and replaced alone. */

import { assert, assertEquals, assertMatch } from "../assert.ts";
import { integrationTest } from "./harness.ts";
import type { Server } from "./server.ts";

const app = `
const thread = Deno.readLinkSync("/proc/thread-self").split("/").at(-1);
export default async (request) => {
  const { pathname } = new URL(request.url);
  if (pathname === "/loop") for (;;);
  if (pathname === "/exit") Deno.exit(7);
  if (pathname === "/process-exit") (await import("node:process")).default.exit(8);
  if (pathname === "/throw") setTimeout(() => { throw new Error("not today"); }, 0);
  if (pathname === "/wait") await new Promise((resolve) => setTimeout(resolve, 1500));
  return new Response(Deno.pid + "." + thread);
};\n`;

const args = ["-w", "2", "--worker-class", "threads", "--threads", "2", "--graceful-timeout", "5s"];
const files = { "main.ts": app };

/** The processes of the workers, each with the number of its threads. */
async function processes(server: Server): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { pid } of (await server.status())!.workers) counts[pid] = (counts[pid] ?? 0) + 1;
  return counts;
}

/** Fails if a new connection reaches no worker that answers. */
async function answering(server: Server, least: number): Promise<Set<string>> {
  const seen = new Set<string>();
  await server.until(`${least} workers that answer`, async () => {
    for (const text of await Promise.all(Array.from({ length: 8 }, () => server.text()))) seen.add(text);
    return seen.size >= least;
  });
  return seen;
}

integrationTest(
  "threads: each process has its threads, all of which answer, and a stop leaves nothing",
  async (host) => {
    const server = host.start({ files, args });
    const workers = await server.ready(4);
    assertEquals(Object.values(await processes(server)), [2, 2]);
    assertEquals(workers.map(({ thread }) => thread).toSorted(), [0, 0, 1, 1]);
    assertEquals((await answering(server, 4)).size, 4);
    assertMatch(server.stderr, /worker=\d gen=1 pid=\d+ thread=1  ready after/);
    assertMatch(
      (await host.run(["ctl", "--socket", host.controlSocket, "workers"])).stdout,
      /PID +THREAD +GEN/,
    );
    // What runs when the signal comes is finished, in every thread.
    const waiting = Array.from({ length: 8 }, () => server.text("/wait"));
    await server.until("requests in flight", async () => (await server.status())?.totals.inFlight === 8);
    server.kill("SIGTERM");
    assert((await Promise.all(waiting)).every((text) => /^\d+\.\d+$/.test(text)));
    assertEquals((await server.exit()).code, 0);
    assertEquals(server.leftovers(), []);
  },
);

for (
  const [path, how] of [["/exit", /exit code 7/], ["/process-exit", /exit code 8/], [
    "/throw",
    /not today/,
  ]] as const
) {
  integrationTest(`threads: one that ends by ${path} is replaced alone`, async (host) => {
    const server = host.start({ files, args });
    await server.ready(4);
    const before = await processes(server);
    await server.text(path).catch(() => {});
    await server.logged(how);
    await server.until("a replacement", () => server.stderr.match(/ready after/g)?.length === 5);
    await server.ready(4);
    assertEquals(await processes(server), before);
    assertEquals((await answering(server, 4)).size, 4);
    server.kill("SIGTERM");
    assertEquals((await server.exit()).code, 0);
    assertEquals(server.leftovers(), []);
  });
}

integrationTest(
  "threads: where one loops its process is replaced, and the others finish their requests",
  async (host) => {
    const server = host.start({ files, args: [...args, "--timeout", "1.5s"] });
    await server.ready(4);
    const before = Object.keys(await processes(server));
    const lost = server.text("/loop").then(() => false, () => true);
    await server.logged(/thread \d of process \d+ does not end, so the process has to/);
    const texts = await Promise.all(Array.from({ length: 12 }, () => server.text("/wait")));
    assert(texts.every((text) => /^\d+\.\d+$/.test(text)));
    assertEquals(await lost, true);
    await server.logged(/killed: unresponsive for longer than timeout, busy with GET \/loop/);
    await server.ready(4);
    const after = await processes(server);
    assertEquals(Object.values(after), [2, 2]);
    assertEquals(before.filter((pid) => pid in after).length, 1);
    server.kill("SIGTERM");
    assertEquals((await server.exit()).code, 0);
    assertEquals(server.leftovers(), []);
  },
);

integrationTest(
  "threads: all of a process that is killed are replaced, and scaling counts processes",
  async (host) => {
    const server = host.start({ files, args });
    const [first] = await server.ready(4);
    Deno.kill(first!.pid, "SIGKILL");
    await server.until("two deaths", () => server.stderr.match(/died \(SIGKILL\)/g)?.length === 2);
    await server.ready(4);
    server.kill("SIGTTIN");
    await server.ready(6);
    assertEquals(Object.values(await processes(server)), [2, 2, 2]);
    const scaled = await host.run(["ctl", "--socket", host.controlSocket, "--wait", "scale", "1"]);
    assertEquals(scaled.code, 0, scaled.stderr);
    await server.ready(2);
    assertEquals(Object.values(await processes(server)), [2]);
    server.kill("SIGTERM");
    assertEquals((await server.exit()).code, 0);
    assertEquals(server.leftovers(), []);
  },
);

integrationTest("threads: one that cannot boot fails a reload, and the old ones serve", async (host) => {
  const server = host.start({ files, args });
  await server.ready(4);
  const before = await processes(server);
  host.write({ "main.ts": 'throw new Error("cannot start");\nexport default 1;\n' });
  server.kill("SIGHUP");
  await server.logged(/reload failed, generation 1 keeps serving: /);
  await server.ready(4, 1);
  assertEquals(await processes(server), before);
  server.kill("SIGTERM");
  assertEquals((await server.exit()).code, 0);
});

integrationTest(
  "threads: a process that gets a SIGTERM is replaced when its requests have ended",
  async (host) => {
    const server = host.start({ files, args });
    const [first] = await server.ready(4);
    const waiting = Array.from({ length: 8 }, () => server.text("/wait"));
    await server.until("requests in flight", async () => (await server.status())?.totals.inFlight === 8);
    Deno.kill(first!.pid, "SIGTERM");
    assert((await Promise.all(waiting)).every((text) => /^\d+\.\d+$/.test(text)));
    await server.until("another process", async () => {
      const all = await processes(server);
      return !(first!.pid in all) && Object.values(all).join() === "2,2";
    });
    await server.ready(4);
    server.kill("SIGTERM");
    assertEquals((await server.exit()).code, 0);
    assertEquals(server.leftovers(), []);
  },
);

integrationTest(
  "threads: at a Unix socket all of them answer, and reloads and deaths lose nothing",
  async (host) => {
    const server = host.start({ files, args: [...args, "--bind", "unix:app.sock"] });
    await server.ready(4);
    using client = Deno.createHttpClient({
      proxy: { transport: "unix", path: `${host.folder}/app.sock` },
      poolMaxIdlePerHost: 0,
    });
    const get = (path: string) =>
      fetch(`http://localhost${path}`, { client }).then((answer) => answer.text());
    const seen = new Set<string>();
    let isOver = false;
    const visit = async () => {
      while (!isOver) seen.add(await get("/"));
    };
    const visits = Promise.all([1, 2, 3, 4].map(visit));
    await server.until("answers of all", () => seen.size >= 4);
    server.kill("SIGHUP");
    await server.ready(4, 2);
    seen.clear();
    await server.until("answers of all new ones", () => seen.size >= 4);
    isOver = true;
    assertEquals((await visits).length, 4);
    await get("/exit").catch(() => {});
    await server.logged(/exit code 7/);
    assertMatch(await get("/"), /^\d+\.\d+$/);
    await server.ready(4);
    server.kill("SIGTERM");
    assertEquals((await server.exit()).code, 0);
    assertEquals(server.leftovers(), []);
  },
);

integrationTest("threads: a reload changes the class, and back", async (host) => {
  const config = (text: string) => ({ "denicorn.config.ts": `export default { workers: 2, ${text} };\n` });
  const server = host.start({ files: { ...files, ...config("") }, args: [] });
  await server.ready(2);
  host.write(config('workerClass: "threads", threads: 2'));
  server.kill("SIGHUP");
  await server.ready(4, 2);
  assertEquals(Object.values(await processes(server)), [2, 2]);
  host.write(config(""));
  server.kill("SIGHUP");
  await server.ready(2, 3);
  assertEquals(Object.values(await processes(server)), [1, 1]);
  assertEquals((await answering(server, 2)).size, 2);
  server.kill("SIGTERM");
  assertEquals((await server.exit()).code, 0);
  assertEquals(server.leftovers(), []);
});

integrationTest(
  "threads: where one loops while the master is stopped its process ends all the same",
  async (host) => {
    const server = host.start({ files, args: [...args, "--timeout", "1.5s"] });
    await server.ready(4);
    const before = await processes(server);
    void server.text("/loop").catch(() => {});
    await server.until(
      "a busy worker",
      async () => (await server.status())?.workers.some(({ current }) => current !== null),
    );
    server.kill("SIGSTOP");
    await server.until("the end of a process", () =>
      Object.keys(before).some((pid) => {
        try {
          return /^\d+ \(.*\) Z/.test(Deno.readTextFileSync(`/proc/${pid}/stat`));
        } catch {
          return true;
        }
      }));
    server.kill("SIGCONT");
    await server.until("a new process", async () => {
      const all = Object.entries(await processes(server));
      return all.filter(([pid]) => pid in before).length === 1 &&
        all.map(([, count]) => count).join() === "2,2";
    });
    await server.ready(4);
    server.kill("SIGTERM");
    assertEquals((await server.exit()).code, 0);
  },
);

integrationTest(
  "threads: a master that is killed leaves no process, also where a thread loops",
  async (host) => {
    const server = host.start({ files, args: [...args, "--timeout", "1s"] });
    await server.ready(4);
    void server.text("/loop").catch(() => {});
    await server.until(
      "a busy worker",
      async () => (await server.status())?.workers.some(({ current }) => current !== null),
    );
    server.kill("SIGKILL");
    await server.until("the end of all processes", () => server.survivors().length === 0);
  },
);

for (
  const [given, message] of [
    [["--threads", "2"], /threads: 2 \(command line --threads\) is not accepted with worker-class = async/],
    [
      ["--worker-class", "threads", "--threads", "0"],
      /threads: "0" .* is not accepted: give a whole number from 1 to 64, or auto/,
    ],
    [["--worker-class", "threads", "--spare-workers", "1"], /is not accepted with spare-workers = 1/],
    [
      ["--worker-class", "threads", "--threads", "64", "-w", "17"],
      /workers: 17 .* is not accepted with threads = 64/,
    ],
  ] as const
) {
  integrationTest(`threads: ${given.join(" ")} is refused`, async (host) => {
    const { code, stderr } = await host.run(["main.ts", ...given]);
    assertEquals(code, 2);
    assertMatch(stderr, message);
  });
}
