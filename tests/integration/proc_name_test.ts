/** `--proc-name`: what `ps` and `top` show of the processes of a server. */

import { assert, assertEquals } from "../assert.ts";
import { openTo, reasonNotToSwitchUser } from "./as_root.ts";
import { calls } from "./hook_configs.ts";
import { notInThisProgram, testOnOneTarget } from "./harness.ts";
import { shownAs, threadNames } from "./process_facts.ts";
import type { Server } from "./server.ts";

const files = {
  "main.ts": `import process from "node:process";
export default async (request) => {
  if (new URL(request.url).pathname === "/pid") return new Response(String(Deno.pid));
  const echo = new Worker("data:text/javascript,postMessage('from a Web Worker')", { type: "module" });
  const text = await new Promise((resolve) => echo.onmessage = ({ data }) => resolve(data));
  echo.terminate();
  const { stdout } = await new Deno.Command("echo", { args: ["from a child"] }).output();
  return Response.json([text, new TextDecoder().decode(stdout).trim(), Deno.args, process.argv.slice(2), Deno.env.get("LAST")]);
};
`,
};

async function assertNamed(server: Server, name: string): Promise<void> {
  assertEquals(shownAs(server.pid), { title: `denicorn: master [${name}]`, name });
  const { workers } = (await server.status())!;
  for (const { pid, slot } of workers) {
    assertEquals(shownAs(pid), { title: `denicorn: worker ${slot} [${name}]`, name });
  }
}

testOnOneTarget("master and workers are shown with the name, and the app notices nothing", async (host) => {
  const server = host.start({
    files,
    app: null,
    args: ["-w", "2", "--proc-name", "shop", "--env", "LAST=is whole", "main.ts", "--", "one", "two"],
  });
  await server.ready(2);
  await assertNamed(server, "shop");
  const expected = ["from a Web Worker", "from a child", ["one", "two"], ["one", "two"], "is whole"];
  assertEquals(JSON.parse(await server.text()), expected);
  server.kill("SIGHUP");
  await server.ready(2, 2);
  await assertNamed(server, "shop");
  server.kill("SIGUSR2");
  await server.upgraded();
  await server.ready(2);
  await assertNamed(server, "shop");
  assertEquals(JSON.parse(await server.text()), expected);
});

testOnOneTarget("threads are shown with their numbers, their process with the name", async (host) => {
  const args = ["-w", "1", "--worker-class", "threads", "--threads", "2", "-n", "shop"];
  const server = host.start({ files, args });
  const { pid } = (await server.ready(2))[0]!;
  assertEquals(shownAs(pid), { title: "denicorn: threads [shop]", name: "shop" });
  const names = threadNames(pid);
  assert(["worker 0", "worker 1"].every((name) => names.includes(name)), names.join());
});

testOnOneTarget("the process of the hooks is shown with the name", async (host) => {
  const config =
    `export default { whenReady() { console.log("hook", "pid", JSON.stringify([Deno.pid])); } };\n`;
  const server = host.start({ files: { ...files, "denicorn.config.js": config }, args: ["-n", "shop"] });
  const [found] = await calls(server, 1);
  assertEquals(shownAs(Number(found![1])), { title: "denicorn: hooks [shop]", name: "shop" });
});

testOnOneTarget("as root: workers of another user are shown with the name", async (host) => {
  openTo(host);
  const server = host.start({ files, args: ["-w", "1", "--user", "nobody", "--proc-name", "shop"] });
  await server.ready(1);
  await assertNamed(server, "shop");
}, reasonNotToSwitchUser);

testOnOneTarget(
  "a name for which the command line is too short is cut off, and the environment stays",
  async (host) => {
    const name = "a-name-that-is-longer-than-the-command-line-of-this-server-by-far";
    const server = host.start({
      files,
      isBound: false,
      env: { PORT: "0", DENICORN_PROC_NAME: name.slice(0, 64), LAST: "is whole" },
    });
    const { pid } = (await server.ready(1))[0]!;
    assertEquals(shownAs(pid), {
      title: `denicorn: worker 0 [${name.slice(0, 64)}]`,
      name: "a-name-that-is-",
    });
    const { title } = shownAs(server.pid);
    const { length } = [...host.target.command, "main.ts"].join(" ");
    assertEquals(title, `denicorn: master [${name}`.slice(0, length));
    assert(Deno.readTextFileSync(`/proc/${server.pid}/environ`).includes("LAST=is whole\0"));
    server.kill("SIGTERM");
    assertEquals((await server.exit()).code, 0);
  },
  ({ name }) => name === "source" ? notInThisProgram : null,
);
