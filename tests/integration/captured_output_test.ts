/** `--capture-output`: what an app prints, as lines of the error log. */

import { assert, assertEquals, assertMatch } from "../assert.ts";
import { FullPipe, writingTo } from "./full_pipe.ts";
import { integrationTest } from "./harness.ts";

const app = `
import process from "node:process";
const bytes = (text: string) => new TextEncoder().encode(text);
export default async (request: Request) => {
  console.debug("by debug");
  console.log("by log", { a: 1 });
  console.log("two\\nlines");
  console.warn("by warn");
  console.error("by error");
  process.stdout.write("by process ");
  process.stdout.write("in parts\\n");
  process.stderr.write("by stderr\\n");
  Deno.stdout.writeSync(bytes("by write\\n2026-01-01T00:00:00.000Z error   master pid=1  forged \\x1b[2J\\n"));
  await Deno.stderr.write(bytes("without an end"));
  console.log(JSON.stringify({ level: 50, msg: "as JSON", order: 7 }));
  return new Response("printed");
};\n`;

const expected = [
  ["debug", "by debug"],
  ["info", "by log { a: 1 }"],
  ["info", "two"],
  ["info", "lines"],
  ["warning", "by warn"],
  ["error", "by error"],
  ["info", "by process in parts"],
  ["warning", "by stderr"],
  ["info", "by write"],
];

integrationTest("what an app prints becomes whole lines of the error log, with their level", async (host) => {
  const server = host.start({
    files: { "main.ts": app },
    args: ["--capture-output", "--log-level", "debug"],
  });
  await server.ready(1);
  assertEquals(await server.text(), "printed");
  server.kill("SIGTERM");
  assertEquals((await server.exit()).code, 0);
  const found = [...server.stderr.matchAll(/^\S+Z (\w+) +worker=0 gen=1 pid=\d+ {2}(.*)$/gm)]
    .map(([, level, text]) => [level, text]);
  const printed = found.slice(found.findIndex(([, text]) => text === "by debug"));
  assertEquals(printed.slice(0, expected.length), expected);
  const texts = printed.map(([, text]) => text);
  assert(texts.includes("2026-01-01T00:00:00.000Z error   master pid=1  forged \\u001b[2J"), server.stderr);
  assert(texts.includes("without an end"), server.stderr);
  assert(printed.some(([level, text]) => level === "error" && /^\{"level":50,/.test(text!)), server.stderr);
  assertEquals(server.stdout, "");
});

integrationTest("JSON that an app prints stays JSON in a log that is JSON", async (host) => {
  const args = ["--capture-output", "--log-format", "json"];
  const server = host.start({ files: { "main.ts": app }, args });
  await server.ready(1);
  assertEquals(await server.text(), "printed");
  await server.logged(/as JSON/);
  const records = server.stderr.trimEnd().split("\n").map((line) => JSON.parse(line));
  const { time, pid, ...json } = records.find(({ message }) => message === "as JSON");
  assertMatch(`${time} ${pid}`, /^\d{4}-\S+Z \d+$/);
  assertEquals(json, {
    level: "error",
    worker: 0,
    gen: 1,
    stream: "stdout",
    output: { level: 50, msg: "as JSON", order: 7 },
    message: "as JSON",
  });
  const { stream, level } = records.find(({ message }) => message === "by stderr");
  assertEquals([stream, level], ["stderr", "warning"]);
});

integrationTest("without it an app prints to its own streams", async (host) => {
  const server = host.start({ files: { "main.ts": app } });
  await server.ready(1);
  assertEquals(await server.text(), "printed");
  await server.until("the output", () => /^by log \{ a: 1 \}$/m.test(server.stdout));
  await server.logged(/^by error$/m);
});

integrationTest(
  "what an app prints while it is imported, and just before it ends the process, is there",
  async (host) => {
    const server = host.start({
      files: {
        "main.ts": `console.log("imported");
export default () => {
  console.log("the end");
  Deno.exit(0);
};\n`,
      },
      args: ["--capture-output"],
    });
    await server.ready(1);
    await server.logged(/info +worker=0 gen=1 pid=\d+ {2}imported$/m);
    await server.text().catch(() => "cut");
    await server.logged(/info +worker=0 gen=1 pid=\d+ {2}the end$/m);
  },
);

integrationTest(
  "the last words of an app that cannot be imported are there, also without an end of line",
  async (host) => {
    const server = host.start({
      files: {
        "main.ts": `Deno.stderr.writeSync(new TextEncoder().encode("last words"));
throw new Error("no");\nexport default () => new Response("never");\n`,
      },
      args: ["--capture-output"],
    });
    await server.logged(/warning +worker=0 gen=1 pid=\d+ {2}last words$/m);
    assert((await server.exit()).code !== 0);
  },
);

integrationTest("an app whose output is captured goes on serving if nothing reads the log", async (host) => {
  const pipe = new FullPipe(host);
  const printing = `export default () => {
  for (let count = 0; count < 2_000; count++) Deno.stdout.writeSync(new TextEncoder().encode("x".repeat(999) + "\\n"));
  return new Response("printed");
};\n`;
  const server = host.start({
    files: { "main.ts": printing },
    args: ["--capture-output"],
    command: writingTo(pipe, 2, host),
  });
  await server.ready(1);
  const signal = AbortSignal.timeout(20_000);
  for (let count = 0; count < 2; count++) {
    assertEquals(await (await server.fetch("/", { signal })).text(), "printed");
  }
  pipe.read();
  await server.until(
    "the lines",
    () => pipe.lines.some((line) => / info +worker=0 gen=1 pid=\d+ {2}x{999}$/.test(line)),
  );
  server.kill("SIGTERM");
  assertEquals((await server.exit()).code, 0);
  pipe.close();
});
