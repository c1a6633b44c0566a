import { assertEquals, assertMatch } from "../assert.ts";
import { integrationTest, notInThisProgram } from "./harness.ts";

integrationTest("a script that the app forks runs as under plain Deno, with its messages", async (host) => {
  const files = {
    "main.ts": `import { fork } from "node:child_process";
const forked = (first: unknown) => new Promise((resolve) => {
  const child = fork(new URL("./child.ts", import.meta.url).pathname, ["a", "-b", "-w9"]);
  const messages: unknown[] = [];
  child.on("message", (message) => {
    messages.push(message);
    if (messages.length === 2) child.disconnect();
  });
  child.on("exit", (code) => resolve({ messages, code }));
  child.send(first);
});
const long = "ü".repeat(200_000);
export default async () => Response.json([await forked({ text: "hi" }), await forked(long)].map((found) =>
  JSON.stringify(found).replaceAll(long, "long")));\n`,
    "child.ts": `import process from "node:process";
import { text } from "./text.ts";
const args: string[] = process.argv.slice(2);
process.on("message", (message: unknown) => {
  process.send!(message);
  process.send!([args, text, import.meta.main, process.connected]);
});
process.on("disconnect", () => process.exit(7));\n`,
    "text.ts": `export const text: string = "text";\n`,
  };
  const server = host.start({ files });
  await server.ready(1);
  const rest = `["a","-b","-w9"],"text",true,true`;
  assertEquals(await (await server.fetch("/")).json(), [
    `{"messages":[{"text":"hi"},[${rest}]],"code":7}`,
    `{"messages":["long",[${rest}]],"code":7}`,
  ]);
});

integrationTest("Deno.execPath() runs a script, and its fault is its own", async (host) => {
  const files = {
    "main.ts": `export default async (request: Request) => {
  const name = new URL(request.url).pathname.slice(1);
  const args = ["run", "-A", "--quiet", import.meta.dirname + "/" + name, "x"];
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), { args }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return Response.json({ code, stdout: text(stdout), stderr: text(stderr) });
};\n`,
    "good.ts": `const args: string[] = Deno.args;\nconsole.log(args.join(), import.meta.main);\n`,
    "bad.ts": `console.log("begun");\nthrow new Error("script fault");\n`,
  };
  const server = host.start({ files });
  await server.ready(1);
  const run = async (name: string) => await (await server.fetch(`/${name}`)).json();
  assertEquals(await run("good.ts"), { code: 0, stdout: "x true\n", stderr: "" });
  const { code, stdout, stderr } = await run("bad.ts");
  assertEquals([code, stdout], [1, "begun\n"]);
  assertMatch(stderr, /Error: script fault[^]*bad\.ts:2:7/);
});

integrationTest(
  "what is no script is refused, and Denicorn's own commands are not",
  async (host) => {
    const files = {
      "main.ts": `export default async (request: Request) => {
  const args = new URL(request.url).searchParams.getAll("arg");
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), { args }).output();
  return new Response(code + " " + new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr));
};\n`,
    };
    const server = host.start({ files });
    await server.ready(1);
    assertMatch(
      await server.text("/?arg=eval&arg=1"),
      /^2 denicorn: cannot run "eval 1" for the app: Deno\.execPath\(\) is Denicorn here, which runs only scripts/,
    );
    assertMatch(await server.text("/?arg=no.ts"), /^4 denicorn: cannot run the script: no\.ts: no such file/);
    assertMatch(await server.text("/?arg=--version"), /^0 denicorn \d/);
  },
  ({ name }) => name === "binary" ? null : notInThisProgram,
);
