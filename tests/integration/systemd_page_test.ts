/** The unit of deploy/ and the page about it are what systemd accepts, and what the server does. */

import { debianUnit } from "../../scripts/debian_unit.ts";
import { lifecycleKinds } from "../../src/core/telemetry/lifecycle.ts";
import { noticeOf } from "../../src/core/telemetry/service_notice.ts";
import { assert, assertEquals } from "../assert.ts";
import { freePort, notInThisProgram, targets, testOnOneTarget } from "./harness.ts";

const root = new URL("../../", import.meta.url);
const read = (path: string) => Deno.readTextFileSync(new URL(path, root));
const unit = read("deploy/denicorn.service");
const socketUnit = read("deploy/denicorn.socket");
const page = read("docs/systemd.md");

async function analyze(...args: string[]): Promise<{ code: number; output: string }> {
  const { code, stdout, stderr } = await new Deno.Command("systemd-analyze", {
    args: ["--no-pager", ...args],
    env: { SYSTEMD_COLORS: "0" },
  }).output();
  const text = new TextDecoder();
  return { code, output: text.decode(stdout) + text.decode(stderr) };
}

async function lackingSystemd(): Promise<string | null> {
  try {
    await analyze("--version");
    return null;
  } catch {
    return "systemd-analyze is missing: apt-get install systemd";
  }
}

const lacking = await lackingSystemd();

testOnOneTarget("systemd accepts the unit, and rates its sandbox as good", async (host) => {
  const path = `${host.folder}/myapp.service`;
  const binary = targets.find(({ name }) => name === "binary")!.command[0]!;
  Deno.writeTextFileSync(path, unit.replace("/usr/local/bin/denicorn", binary));
  assertEquals(await analyze("verify", path), { code: 0, output: "" });
  const { output } = await analyze("security", "--offline=true", path);
  const [, rating] = /exposure level for myapp\.service: ([\d.]+)/.exec(output) ?? [];
  // It is 1.5 with systemd 252, as the page says; later versions may look at more.
  assert(Number(rating) <= 2, output.slice(-300));
}, (target) => target.name === "source" ? notInThisProgram : lacking);

testOnOneTarget("as the page says, a template of the unit serves several apps", async (host) => {
  const [, what, by] = /^sed 's\/(\w+)\/(%i)\/g' deploy\/denicorn\.service > \S+\/denicorn@\.service$/m.exec(
    page,
  )!;
  const binary = targets.find(({ name }) => name === "binary")!.command[0]!;
  const template = unit.replace("/usr/local/bin/denicorn", binary).replaceAll(what!, by!);
  Deno.writeTextFileSync(`${host.folder}/denicorn@.service`, template);
  assertEquals(await analyze("verify", `${host.folder}/denicorn@shop.service`), { code: 0, output: "" });
}, (target) => target.name === "source" ? notInThisProgram : lacking);

testOnOneTarget("systemd accepts the unit of the Debian package", async (host) => {
  const binary = targets.find(({ name }) => name === "binary")!.command[0]!;
  const template = (await debianUnit()).replace("/usr/bin/denicorn", binary);
  Deno.writeTextFileSync(`${host.folder}/denicorn@.service`, template);
  assertEquals(await analyze("verify", `${host.folder}/denicorn@shop.service`), { code: 0, output: "" });
}, (target) => target.name === "source" ? notInThisProgram : lacking);

testOnOneTarget("systemd accepts the unit of the socket beside that of the service", async (host) => {
  const binary = targets.find(({ name }) => name === "binary")!.command[0]!;
  Deno.writeTextFileSync(`${host.folder}/myapp.service`, unit.replace("/usr/local/bin/denicorn", binary));
  Deno.writeTextFileSync(`${host.folder}/myapp.socket`, socketUnit);
  assertEquals(await analyze("verify", `${host.folder}/myapp.socket`), { code: 0, output: "" });
}, (target) => target.name === "source" ? notInThisProgram : lacking);

testOnOneTarget(
  "the command of the page that tries socket activation serves its first client",
  async (host) => {
    const [, address, port] = /^ListenStream=(.*:(\d+))$/m.exec(socketUnit)!;
    const line = page.split("\n").find((line) => line.startsWith("systemd-socket-activate"))!;
    const [program, flag, place, name, ...args] = line.split(" ");
    assertEquals([program, place, name], ["systemd-socket-activate", address, "denicorn"]);
    const free = freePort();
    const variables = Object.entries(host.environment).flatMap((pair) => ["-E", pair.join("=")]);
    const server = host.start({
      files: { "main.ts": `export default { fetch: () => new Response("ok") };\n` },
      command: [program!, flag!, place!.replace(port!, String(free)), ...variables, ...host.target.command],
      args,
      app: null,
      isBound: false,
      port: free,
    });
    await server.logged(/Listening on/);
    assertEquals(await server.text(), "ok");
    server.kill("SIGTERM");
    assertEquals((await server.exit()).code, 0);
  },
  lacking,
);

testOnOneTarget("the command of the unit serves, and its commands reload and stop", async (host) => {
  const lines = new Map(
    unit.split("\n").flatMap((line) => {
      const [, name, value] = /^(\w+)=(.*)$/.exec(line) ?? [];
      return name === undefined ? [] : [[name, value!] as const];
    }),
  );
  const [, ...args] = lines.get("ExecStart")!.split(" ");
  const config = `${host.folder}/denicorn.config.json`;
  const server = host.start({
    files: {
      "main.ts": `export default { fetch: () => new Response("ok") };\n`,
      "denicorn.config.json": JSON.stringify({ app: "main.ts", workers: 2 }),
    },
    app: null,
    args: args.map((arg) => arg.startsWith("/") ? config : arg),
  });
  await server.ready(2);
  const reload = lines.get("ExecReload")!.replace("$MAINPID", String(server.pid));
  const { success } = await new Deno.Command("sh", { args: ["-c", reload] }).output();
  assert(success);
  await server.ready(2, 2);
  assertEquals(await server.text(), "ok");
  server.kill("SIGTERM");
  assertEquals((await server.exit()).code, 0);
});

Deno.test("the table of docs/systemd.md has every notice that there is", () => {
  const notices = (Object.keys(lifecycleKinds) as (keyof typeof lifecycleKinds)[])
    .flatMap((kind) => noticeOf({ kind, text: "", pid: 1 }, { now: 0, stopLimit: 0 })?.split("\n") ?? []);
  const names = new Set([...notices, "WATCHDOG=1"].map((line) => /^\w+=(1(?=$)(?<!PID=1))?/.exec(line)![0]));
  const table = page.split("\n").filter((line) => line.startsWith("|")).slice(2).join("\n");
  const documented = [...table.matchAll(/`([A-Z_]+=1?)`/g)].map(([, name]) => name!);
  assertEquals([...new Set(documented)].sort(), [...names].sort());
});
