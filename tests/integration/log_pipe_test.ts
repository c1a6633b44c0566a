import { assert, assertEquals, assertMatch } from "../assert.ts";
import { pidApp } from "./apps.ts";
import { FullPipe, writingTo } from "./full_pipe.ts";
import { testOnOneTarget, until } from "./harness.ts";

testOnOneTarget("if stderr is not read, the master keeps working and loses no line", async (host) => {
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

testOnOneTarget(
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
    await server.until("the next line", () => pipe.text.includes("GET /last "));
    pipe.close();
  },
);

testOnOneTarget("a process that exits waits for the reader of its last lines", async (host) => {
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

testOnOneTarget("if stderr is not read, a stop still ends", async (host) => {
  const pipe = new FullPipe(host);
  const server = host.start({ files: { "main.ts": pidApp }, command: writingTo(pipe, 2, host) });
  await server.ready(1);
  server.kill("SIGTERM");
  assertEquals((await server.exit()).code, 0);
  pipe.read();
  pipe.close();
});

testOnOneTarget("lines of several workers stay whole in a slow pipe, however long they are", async (host) => {
  const pipe = new FullPipe(host);
  const server = host.start({
    files: { "main.ts": pidApp },
    args: ["-w", "4", "--access-logfile", "-", "--log-format", "json"],
    command: writingTo(pipe, 1, host),
  });
  await server.ready(4);
  const requests = 240;
  for (let count = 0; count < requests; count++) {
    // Each on a connection of its own, so that all workers get some.
    const length = count % 3 === 0 ? 10 : 5_000 + count * 20;
    const response = await fetch(`${server.url}/${count}-${"x".repeat(length)}`, {
      headers: { connection: "close" },
    });
    await response.text();
  }
  pipe.read();
  await until("all lines", () => pipe.lines.length >= requests);
  const targets = pipe.lines.map((line) => JSON.parse(line).target as string);
  assertEquals(new Set(targets).size, requests);
  assert(new Set(pipe.lines.map((line) => JSON.parse(line).worker)).size > 1);
  pipe.close();
});
