import { assert, assertEquals } from "../assert.ts";
import { FullPipe, writingTo } from "./full_pipe.ts";
import { testOnOneTarget, until } from "./harness.ts";

/** Prints as much as the query says. */
const printingApp = `
import nodeConsole from "node:console";
export default (request: Request) => {
  const url = new URL(request.url);
  const count = Number(url.searchParams.get("count"));
  if (url.pathname === "/formats") {
    console.group("group");
    console.log("%d of %s, %O", 1, "two", { three: [3] });
    console.groupEnd();
    console.table([{ a: 1 }]);
    nodeConsole.log("imported from node:console");
  }
  const print = url.pathname === "/warn" ? console.warn : console.log;
  for (let number = 0; number < count; number++) print(number + " " + "x".repeat(1_000));
  return new Response("printed " + count);
};
`;

for (const [stream, descriptor, path] of [["stdout", 1, "/log"], ["stderr", 2, "/warn"]] as const) {
  testOnOneTarget(`an app that prints goes on serving if ${stream} is not read`, async (host) => {
    const pipe = new FullPipe(host);
    const server = host.start({
      files: { "main.ts": printingApp },
      args: ["--error-logfile", `${host.folder}/error.log`],
      command: writingTo(pipe, descriptor, host),
    });
    await server.ready(1);
    const count = 2_000;
    const signal = AbortSignal.timeout(20_000);
    const answer = await fetch(`${server.url}${path}?count=${count}`, { signal });
    assertEquals(await answer.text(), `printed ${count}`);
    assertEquals(await (await fetch(`${server.url}${path}?count=1`, { signal })).text(), "printed 1");
    pipe.read();
    let dropped = 0;
    await until("the report of what was dropped", () => {
      const report = new RegExp(`dropped (\\d+) lines of log: the reader of ${stream} does not keep up`);
      dropped = Number(report.exec(Deno.readTextFileSync(`${host.folder}/error.log`))?.[1] ?? 0);
      return dropped > 0;
    });
    assert(dropped > 500, String(dropped));
    await until("all other lines", () => printed(pipe).length === count + 1 - dropped);
    assertEquals(printed(pipe), Array.from({ length: count + 1 - dropped }, (_, number) => number));
    await fetch(`${server.url}${path}?count=1`, { signal }).then((response) => response.text());
    await until("the next line", () => printed(pipe).at(-1) === 0);
    server.kill("SIGTERM");
    assertEquals((await server.exit()).code, 0);
    pipe.close();
  });
}

function printed({ lines }: FullPipe): number[] {
  return lines.flatMap((line) => /^(\d+) x{1000}$/.exec(line)?.[1] ?? []).map(Number);
}

testOnOneTarget(
  "what an app prints looks as under plain Deno, and is complete after a stop",
  async (host) => {
    const pipe = new FullPipe(host);
    const server = host.start({
      files: { "main.ts": printingApp },
      command: writingTo(pipe, 1, host),
    });
    await server.ready(1);
    await (await fetch(`${server.url}/formats`)).text();
    server.kill("SIGTERM");
    pipe.read();
    assertEquals((await server.exit()).code, 0);
    await until("the last line", () => pipe.text.includes("node:console\n"));
    assertEquals(pipe.lines, [
      "group",
      "  1 of two, { three: [ 3 ] }",
      "┌───────┬───┐",
      "│ (idx) │ a │",
      "├───────┼───┤",
      "│     0 │ 1 │",
      "└───────┴───┘",
      "imported from node:console",
    ]);
    pipe.close();
  },
);
