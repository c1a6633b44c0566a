import { assert, assertEquals, assertMatch } from "../assert.ts";
import { pidApp } from "./apps.ts";
import { integrationTest, type TestHost, until } from "./harness.ts";

/** A pipe that is full and that nobody reads before `read`. */
class FullPipe {
  readonly path: string;
  readonly #file: Deno.FsFile;
  text = "";
  #isOver = false;

  constructor({ folder }: TestHost) {
    this.path = `${folder}/pipe`;
    new Deno.Command("mkfifo", { args: [this.path] }).outputSync();
    this.#file = Deno.openSync(this.path, { read: true, write: true });
    // As much as a pipe holds by default, pipe(7).
    for (let page = 0; page < 16; page++) this.#file.writeSync(new Uint8Array(4_096).fill(0x2e));
  }

  /** From now on somebody reads. */
  read(): void {
    void (async () => {
      const buffer = new Uint8Array(65_536);
      const decoder = new TextDecoder();
      while (!this.#isOver) {
        const count = await this.#file.read(buffer);
        this.text += decoder.decode(buffer.subarray(0, count ?? 0), { stream: true });
      }
      this.#file.close();
    })();
  }

  /** Without the filling. */
  get lines(): string[] {
    return this.text.replace(/^\.+/, "").split("\n").slice(0, -1);
  }

  /** Ends the reading with a last byte to read. */
  close(): void {
    this.#isOver = true;
    Deno.writeTextFileSync(this.path, "\n");
  }
}

/** With one of its streams into the pipe. */
function into(pipe: FullPipe, descriptor: 1 | 2, { target }: TestHost): readonly string[] {
  return ["sh", "-c", `exec "$@" ${descriptor}>'${pipe.path}'`, "sh", ...target.command];
}

integrationTest("nobody reads stderr: the master goes on, and loses no line", async (scene) => {
  const pipe = new FullPipe(scene);
  const server = scene.start({
    files: { "main.ts": pidApp },
    args: ["-w", "2"],
    command: into(pipe, 2, scene),
  });
  const [victim] = await server.ready(2);
  Deno.kill(victim!.pid, "SIGKILL");
  await server.until("the replacement", async () => {
    const workers = (await server.status())?.workers ?? [];
    return workers.length === 2 &&
      workers.every(({ pid, state }) => state === "ready" && pid !== victim!.pid);
  });
  assertEquals((await scene.run(["ctl", "--socket", scene.controlSocket, "reload", "--wait"])).code, 0);
  assertMatch(await server.text(), /^\d+$/);
  pipe.read();
  server.kill("SIGTERM");
  assertEquals((await server.exit()).code, 0);
  await until("the last line", () => pipe.text.includes("stopped\n"));
  const times = pipe.lines.filter((line) => line.includes("master pid=")).map((line) => line.slice(0, 24));
  assertEquals(times, times.toSorted());
  for (const line of [/died \(SIGKILL\)/, /generation 2/, /2 workers of generation 1 ready/]) {
    assertMatch(pipe.text, line);
  }
  pipe.close();
});

integrationTest(
  "nobody reads stdout: access lines beyond a megabyte are dropped and counted",
  async (scene) => {
    const pipe = new FullPipe(scene);
    const server = scene.start({
      files: { "main.ts": pidApp },
      args: ["--access-logfile", "-"],
      command: into(pipe, 1, scene),
    });
    await server.ready(1);
    const asked = 2_000;
    // Each line has a kilobyte.
    for (
      let count = 0;
      count < asked;
      count++
    ) await (await fetch(`${server.url}/${count}-${"x".repeat(940)}`)).text();
    pipe.read();
    const [, dropped] = await server.logged(/warning .* dropped (\d+) lines of log: the reader of stdout/);
    await server.until("all other lines", () => pipe.lines.length === asked - Number(dropped));
    assert(Number(dropped) > 500, dropped);
    const numbers = pipe.lines.map((line) => Number(/GET \/(\d+)-/.exec(line)?.[1]));
    assertEquals(numbers, numbers.toSorted((a, b) => a - b));
    assertEquals(await (await server.fetch("/last")).text(), String((await server.ready(1))[0]!.pid));
    await server.until("the next line", () => pipe.text.includes('GET /last"'));
    pipe.close();
  },
);

integrationTest("a process that ends waits for the reader of what it wrote last", async (scene) => {
  const pipe = new FullPipe(scene);
  const server = scene.start({
    files: { "main.ts": pidApp },
    args: ["--access-logfile", "-"],
    command: into(pipe, 1, scene),
  });
  const [worker] = await server.ready(1);
  const asked = 100;
  for (let count = 0; count < asked; count++) await (await fetch(`${server.url}/${count}`)).text();
  server.kill("SIGTERM");
  await until("the worker waits in poll(2)", () => {
    const call = Deno.readTextFileSync(`/proc/${worker!.pid}/wchan`);
    return call.includes("poll") && !call.includes("epoll");
  });
  pipe.read();
  assertEquals((await server.exit()).code, 0);
  await until("the last line", () => pipe.lines.at(-1)?.includes(`GET /${asked - 1}`) === true);
  assertEquals(pipe.lines.length, asked);
  pipe.close();
});

integrationTest("nobody reads stderr: a stop ends all the same", async (scene) => {
  const pipe = new FullPipe(scene);
  const server = scene.start({ files: { "main.ts": pidApp }, command: into(pipe, 2, scene) });
  await server.ready(1);
  server.kill("SIGTERM");
  assertEquals((await server.exit()).code, 0);
  pipe.read();
  pipe.close();
});
