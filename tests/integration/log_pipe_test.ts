import { assert, assertEquals, assertMatch } from "../assert.ts";
import { pidApp } from "./apps.ts";
import { integrationTest, type TestHost, until } from "./harness.ts";

/** A full pipe that is not read before `read` is called. */
class FullPipe {
  readonly path: string;
  readonly #file: Deno.FsFile;
  text = "";
  #isClosed = false;

  constructor({ folder }: TestHost) {
    this.path = `${folder}/pipe`;
    new Deno.Command("mkfifo", { args: [this.path] }).outputSync();
    this.#file = Deno.openSync(this.path, { read: true, write: true });
    // The default capacity of a pipe, pipe(7).
    for (let page = 0; page < 16; page++) this.#file.writeSync(new Uint8Array(4_096).fill(0x2e));
  }

  /** From now on the pipe is read. */
  read(): void {
    void (async () => {
      const buffer = new Uint8Array(65_536);
      const decoder = new TextDecoder();
      while (!this.#isClosed) {
        const count = await this.#file.read(buffer);
        this.text += decoder.decode(buffer.subarray(0, count ?? 0), { stream: true });
      }
      this.#file.close();
    })();
  }

  /** The lines, without what filled the pipe before. */
  get lines(): string[] {
    return this.text.replace(/^\.+/, "").split("\n").slice(0, -1);
  }

  /** Ends the reader with a last byte. */
  close(): void {
    this.#isClosed = true;
    Deno.writeTextFileSync(this.path, "\n");
  }
}

/** The program with one of its streams connected to the pipe. */
function writingTo(pipe: FullPipe, descriptor: 1 | 2, { target }: TestHost): readonly string[] {
  return ["sh", "-c", `exec "$@" ${descriptor}>'${pipe.path}'`, "sh", ...target.command];
}

integrationTest("if stderr is not read, the master keeps working and loses no line", async (host) => {
  const pipe = new FullPipe(host);
  const server = host.start({
    files: { "main.ts": pidApp },
    args: ["-w", "2"],
    command: writingTo(pipe, 2, host),
  });
  const [victim] = await server.ready(2);
  Deno.kill(victim!.pid, "SIGKILL");
  await server.until("the replacement", async () => {
    const workers = (await server.status())?.workers ?? [];
    return workers.length === 2 &&
      workers.every(({ pid, state }) => state === "ready" && pid !== victim!.pid);
  });
  assertEquals((await host.run(["ctl", "--socket", host.controlSocket, "reload", "--wait"])).code, 0);
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
  "if stdout is not read, access lines beyond a megabyte are dropped and counted",
  async (host) => {
    const pipe = new FullPipe(host);
    const server = host.start({
      files: { "main.ts": pidApp },
      args: ["--access-logfile", "-"],
      command: writingTo(pipe, 1, host),
    });
    await server.ready(1);
    const requests = 2_000;
    // Each line has about a kilobyte.
    for (
      let count = 0;
      count < requests;
      count++
    ) await (await fetch(`${server.url}/${count}-${"x".repeat(940)}`)).text();
    pipe.read();
    const [, dropped] = await server.logged(/warning .* dropped (\d+) lines of log: the reader of stdout/);
    await server.until("all other lines", () => pipe.lines.length === requests - Number(dropped));
    assert(Number(dropped) > 500, dropped);
    const numbers = pipe.lines.map((line) => Number(/GET \/(\d+)-/.exec(line)?.[1]));
    assertEquals(numbers, numbers.toSorted((a, b) => a - b));
    assertEquals(await (await server.fetch("/last")).text(), String((await server.ready(1))[0]!.pid));
    await server.until("the next line", () => pipe.text.includes('GET /last"'));
    pipe.close();
  },
);

integrationTest("a process that exits waits for the reader of its last lines", async (host) => {
  const pipe = new FullPipe(host);
  const server = host.start({
    files: { "main.ts": pidApp },
    args: ["--access-logfile", "-"],
    command: writingTo(pipe, 1, host),
  });
  const [worker] = await server.ready(1);
  const requests = 100;
  for (let count = 0; count < requests; count++) await (await fetch(`${server.url}/${count}`)).text();
  server.kill("SIGTERM");
  await until("the worker waits in poll(2)", () => {
    const call = Deno.readTextFileSync(`/proc/${worker!.pid}/wchan`);
    return call.includes("poll") && !call.includes("epoll");
  });
  pipe.read();
  assertEquals((await server.exit()).code, 0);
  await until("the last line", () => pipe.lines.at(-1)?.includes(`GET /${requests - 1}`) === true);
  assertEquals(pipe.lines.length, requests);
  pipe.close();
});

integrationTest("if stderr is not read, a stop still ends", async (host) => {
  const pipe = new FullPipe(host);
  const server = host.start({ files: { "main.ts": pidApp }, command: writingTo(pipe, 2, host) });
  await server.ready(1);
  server.kill("SIGTERM");
  assertEquals((await server.exit()).code, 0);
  pipe.read();
  pipe.close();
});
