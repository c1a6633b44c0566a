/** `max-heap`: V8 ends a worker whose heap is full, before the kernel has to end anything. */

import { assert, assertEquals } from "../assert.ts";
import { apart, mounting, reasonNotToMount } from "./as_root.ts";
import { integrationTest, notInThisProgram, type Target, until } from "./harness.ts";
import { isRunning, type Server } from "./server.ts";

/** Answers with the limit of its heap in megabytes, or with the file of its program, or fills its heap. */
const app = `
import v8 from "node:v8";
const kept: unknown[] = [];
export default (request: Request) => {
  if (new URL(request.url).pathname === "/leak") for (let i = 0;; i++) kept.push({ i, text: "x" + i });
  if (new URL(request.url).pathname === "/program") return new Response(Deno.execPath());
  return new Response(String(v8.getHeapStatistics().heap_size_limit / 1024 ** 2));
};\n`;

const config = (values: object) => ({ "denicorn.config.json": JSON.stringify(values) });

/** The limits of the workers that answer. */
async function limits(server: Server): Promise<number[]> {
  return [...await server.answering(10)].map(Number);
}

integrationTest("a worker that leaks dies at max-heap, and the log names the cause", async (host) => {
  const server = host.start({ files: { "main.ts": app }, args: ["-w", "2", "--max-heap", "100M"] });
  await server.ready(2);
  assertEquals(await limits(server), [100]);
  for (let round = 1; round <= 2; round++) {
    const leak = server.fetch("/leak").then((response) => response.text(), () => "reset");
    await server.until(
      "the death of the worker",
      () =>
        server.stderr.match(/died \(SIGTRAP: its heap was probably full, at 100M \(max-heap\): look for/g)
          ?.length === round,
      60_000,
    );
    assertEquals(await leak, "reset");
    for (let request = 0; request < 10; request++) assertEquals(await server.text(), "100");
    await server.ready(2);
  }
  assert(/, busy with GET \/leak for \d/.test(server.stderr), server.stderr);
  server.kill("SIGTERM");
  assertEquals(await server.exit(), { code: 0, signal: null });
  assertEquals(server.leftovers(), []);
});

integrationTest(
  "an app that fills its heap while it is imported ends the start with the cause",
  async (host) => {
    const files = {
      "main.ts":
        "const kept = []; for (let i = 0;; i++) kept.push({ i, text: 'x' + i });\nexport default () => new Response();\n",
    };
    const server = host.start({ files, args: ["--max-heap", "64M"] });
    const { code } = await server.exit();
    assertEquals(code, 3);
    assert(
      /its process ended by SIGTRAP while importing main\.ts: its heap was probably full, at 64M/.test(
        server.stderr,
      ),
      server.stderr,
    );
  },
);

integrationTest("a reload applies another max-heap to new workers", async (host) => {
  const server = host.start({ files: { "main.ts": app, ...config({ maxHeap: "100M" }) } });
  await server.ready(1);
  assertEquals(await limits(server), [100]);
  for (const [index, maxHeap] of ["200M", "300M", 0, "100M"].entries()) {
    host.write(config({ maxHeap }));
    server.kill("SIGHUP");
    await server.ready(1, index + 2);
    const [limit] = await limits(server);
    assert(maxHeap === 0 ? limit! >= 1000 : maxHeap === `${limit}M`, `${limit}`);
  }
  server.kill("SIGKILL");
  await server.until("the end of all processes", () => server.survivors().length === 0);
  assertEquals(server.leftovers(), []);
});

/** Where control groups with a memory limit can be made, of version 2 or 1. */
const tree = ["/sys/fs/cgroup", "/sys/fs/cgroup/memory"].find((path) => {
  const probe = `${path}/denicorn-probe-${Deno.pid}`;
  try {
    Deno.mkdirSync(probe);
  } catch {
    return false;
  }
  const hasLimit = ["memory.max", "memory.limit_in_bytes"].some((name) => {
    try {
      Deno.lstatSync(`${probe}/${name}`);
      return true;
    } catch {
      return false;
    }
  });
  Deno.removeSync(probe);
  return hasLimit;
});

class ControlGroup {
  readonly path = `${tree}/denicorn-test-${crypto.randomUUID()}`;

  constructor(megabytes: number) {
    Deno.mkdirSync(this.path);
    const file = tree === "/sys/fs/cgroup" ? "memory.max" : "memory.limit_in_bytes";
    this.#write(file, String(megabytes * 1024 ** 2));
  }

  add(pid: number): void {
    this.#write("cgroup.procs", String(pid));
  }

  get pids(): number[] {
    return Deno.readTextFileSync(`${this.path}/cgroup.procs`).split("\n").filter((line) => line !== "").map(
      Number,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const pid of this.pids) Deno.writeTextFileSync(`${tree}/cgroup.procs`, String(pid));
    await until("the removal of the control group", () => {
      try {
        Deno.removeSync(this.path);
        return true;
      } catch {
        return false;
      }
    });
  }

  #write(name: string, text: string): void {
    Deno.writeTextFileSync(`${this.path}/${name}`, text);
  }
}

integrationTest(
  "max-heap auto: a leak in a container of 400 MB ends one worker, and the kernel ends nothing",
  async (host) => {
    await using group = new ControlGroup(400);
    const server = host.start({ files: { "main.ts": app }, args: ["-w", "2", "--max-heap", "auto"] });
    await server.ready(2);
    group.add(server.pid);
    server.kill("SIGHUP");
    const workers = await server.ready(2, 2);
    // (0.9 * 400 - 64 - 3 * 48) / 2
    assertEquals(await limits(server), [76]);
    assertEquals(workers.filter(({ pid }) => !group.pids.includes(pid)), []);
    await Promise.all(
      [1, 2, 3].map(() => server.fetch("/leak").then((response) => response.text(), () => "reset")),
    );
    await server.logged(/died \(SIGTRAP: its heap was probably full, at 76M/);
    await server.ready(2);
    assertEquals(await limits(server), [76]);
    assert(!/SIGKILL/.test(server.stderr), server.stderr);
    assert(isRunning(server.pid));
    server.kill("SIGTERM");
    assertEquals((await server.exit()).code, 0);
  },
  tree === undefined ? "no control group can be made" : null,
);

integrationTest(
  "max-heap auto counts the task workers of an app for its first worker, too",
  async (host) => {
    await using group = new ControlGroup(600);
    const files = { "main.ts": `${app}export const tasks = { work() {} };\n` };
    const server = host.start({
      files,
      args: ["-w", "2", "--max-heap", "auto", "--task-store", "memory:"],
      command: [
        "sh",
        "-c",
        `echo $$ > ${group.path}/cgroup.procs && exec "$@"`,
        "sh",
        ...host.target.command,
      ],
    });
    await server.ready(2);
    // (0.9 * 600 - 64 - (3 + 2) * 48) / 3
    assertEquals(await limits(server), [78]);
    server.kill("SIGTERM");
    assertEquals((await server.exit()).code, 0);
  },
  tree === undefined ? "no control group can be made" : null,
);

integrationTest(
  "where no directory allows programs the binary says that it cannot set max-heap, and serves",
  async (host) => {
    host.write({ "main.ts": app });
    const forbid = ["/tmp", "/var/tmp", "/dev/shm"].map((path) =>
      `mount -t tmpfs -o noexec,mode=1777 tmpfs ${path}`
    );
    const server = host.start({
      files: {},
      command: apart(host, `${forbid.join("\n")}\nexport TMPDIR=/tmp XDG_RUNTIME_DIR=/tmp`),
      args: ["--max-heap", "100M"],
    });
    await server.logged(/ready on http/);
    const [limit] = await limits(server);
    if (host.target.name === "source") return assertEquals(limit, 100);
    assert(limit! > 1000, `${limit}`);
    await server.logged(
      /cannot set max-heap 100M: no place for a copy of the program that runs: tried .* \(mounted noexec\).*: workers run without it: .* use max-memory\n/,
    );
  },
  reasonNotToMount,
);

/** Why no copy of the program is made on a disk here; `null` if one is. */
function reasonNotToCopy(target: Target): string | null {
  if (target.name === "source") return notInThisProgram;
  const type = new Deno.Command("stat", { args: ["-f", "-c", "%T", Deno.env.get("TMPDIR") ?? "/tmp"] })
    .outputSync();
  return /tmpfs/.test(new TextDecoder().decode(type.stdout))
    ? "the folder of tests is in memory"
    : reasonNotToMount(target);
}

integrationTest(
  "the copy of the program is on a disk, and what a killed server has left is removed by the next one",
  async (host) => {
    const copies = () =>
      Array.from(Deno.readDirSync(host.folder), ({ name }) => name).filter((name) => /program/.test(name));
    const start = async () => {
      const command = mounting(host, `mount -t tmpfs tmpfs ${host.runtime}`);
      const server = host.start({
        files: { "main.ts": app },
        command,
        args: ["--max-heap", "100M"],
      });
      await server.logged(/ready on http/);
      const program = await server.text("/program");
      assertEquals(copies().map((name) => `${Deno.realPathSync(host.folder)}/${name}/denicorn`), [program]);
      return { server, program };
    };
    const first = await start();
    first.server.kill("SIGKILL");
    await first.server.exit();
    const second = await start();
    assert(second.program !== first.program);
    second.server.kill("SIGTERM");
    assertEquals(await second.server.exit(), { code: 0, signal: null });
    assertEquals(copies(), []);
  },
  reasonNotToCopy,
);
