/**
 * deploy/Dockerfile, without an engine: its steps make a root file system, and the program runs in it as process 1 with
 * the user, the environment and the command that the file names.
 */

import { assert, assertEquals, assertMatch } from "../assert.ts";
import { reasonNotToMount } from "./as_root.ts";
import { notInThisProgram, type Target, type TestHost, testOnOneTarget } from "./harness.ts";
import type { Server } from "./server.ts";

const root = new URL("../../", import.meta.url);
const lines = Deno.readTextFileSync(new URL("deploy/Dockerfile", root))
  .replaceAll(/^#.*\n/gm, "").replaceAll(/\\\n\s*/g, "").split("\n");

/** What follows `instruction`, each time that it is there. */
function all(instruction: string): string[] {
  return lines.flatMap((line) =>
    line.startsWith(`${instruction} `) ? [line.slice(instruction.length + 1)] : []
  );
}

const last = (instruction: string) => all(instruction).at(-1)!;
const [uid, gid] = last("USER").split(":") as [string, string];
const workdir = last("WORKDIR");
const command = JSON.parse(last("ENTRYPOINT")) as string[];
const check = JSON.parse(last("HEALTHCHECK").replace(/^.* CMD /, "")) as string[];

const app = `export default {
  async fetch(request: Request): Promise<Response> {
    const path = new URL(request.url).pathname;
    if (path === "/write") {
      await Deno.writeTextFile("/srv/myapp/file", "text");
      return new Response("written");
    }
    return Response.json({ uid: Deno.uid(), pid: Deno.pid, cwd: Deno.cwd() });
  },
};
`;

/** The root file system of the image, with the app in it. */
async function buildRoot(host: TestHost): Promise<string> {
  const files = `${host.folder}/files`;
  for (const copied of all("COPY").filter((text) => !text.startsWith("--from"))) {
    const [from, to] = copied.split(" ") as [string, string];
    const target = to.startsWith("/") ? `${files}${to}${from}` : `${files}/${to}`;
    await Deno.mkdir(target.slice(0, target.lastIndexOf("/")), { recursive: true });
    if (from === "denicorn") await Deno.copyFile(host.target.command[0]!, target);
    else await Deno.writeTextFile(target, app);
  }
  for (const step of all("RUN")) {
    const { success, stderr } = await new Deno.Command("sh", { args: ["-c", step], cwd: files }).output();
    assert(success, new TextDecoder().decode(stderr));
  }
  for (const name of ["proc", "dev", "run"]) await Deno.mkdir(`${files}/${name}`);
  return files;
}

/** Starts the image as an engine would; `mounts` come after the root became read-only, where `$R` is that. */
async function startContainer(
  host: TestHost,
  { mounts, env = "" }: { mounts: string; env?: string },
): Promise<Server> {
  const files = await buildRoot(host);
  const script = `R=${files}; set -e
    mount --bind $R $R; mount -t proc proc $R/proc; mount --rbind /dev $R/dev
    mount -o remount,bind,ro $R; ${mounts}
    exec env -i ${env} unshare --root=$R --wd=${workdir} --setgid=${gid} --setuid=${uid} "$@"`;
  return host.start({
    files: {},
    command: ["unshare", "-mpf", "--kill-child", "sh", "-c", script, "sh", ...command],
    args: ["-w", "2"],
  });
}

/** The master, as this host sees it. */
function masterOf(server: Server): number {
  const children = Deno.readTextFileSync(`/proc/${server.pid}/task/${server.pid}/children`);
  return Number(children.trim().split(" ")[0]);
}

/** Runs the health check in the container. */
async function health(
  master: number,
  env: Record<string, string> = {},
): Promise<{ code: number; output: string }> {
  const place = ["-t", String(master), "-m", "-p", "--root", `--wd=/proc/${master}/root${workdir}`];
  const { code, stdout, stderr } = await new Deno.Command("nsenter", {
    args: [...place, "-G", gid, "-S", uid, ...check],
    env,
    clearEnv: true,
  }).output();
  const text = new TextDecoder();
  return { code, output: text.decode(stdout) + text.decode(stderr) };
}

const lacking = (target: Target) => target.name === "source" ? notInThisProgram : reasonNotToMount(target);

testOnOneTarget(
  "the image serves as process 1, without root, with a read-only root and a tmpfs at /tmp",
  async (host) => {
    const server = await startContainer(host, { mounts: "mount -t tmpfs -o mode=1777 tmpfs $R/tmp" });
    await server.logged(/2 workers of generation 1 ready/);
    const { uid: own, cwd } = JSON.parse(await server.text());
    assertEquals([own, cwd], [Number(uid), workdir]);
    assertEquals((await server.fetch("/write")).status, 500);
    const master = masterOf(server);
    assertEquals(await health(master), { code: 0, output: "ready\n" });
    Deno.kill(master, "SIGHUP");
    await server.logged(/2 workers of generation 2 ready/);
    assertEquals((await server.fetch("/")).status, 200);
    const [pid] = /worker=\d+ gen=2 pid=(\d+)/.exec(server.stderr)!.slice(1);
    assert(Number(pid) < 1_000, "process ids are those of the container");
    Deno.kill(master, "SIGTERM");
    assertEquals((await server.exit()).code, 0);
  },
  lacking,
);

testOnOneTarget("the image serves without a /tmp, with one other directory to write to", async (host) => {
  const mounts = "mount -t tmpfs -o mode=0700,uid=" + uid + ",gid=" + gid + " tmpfs $R/run";
  const env = { XDG_RUNTIME_DIR: "/run" };
  const server = await startContainer(host, { mounts, env: "XDG_RUNTIME_DIR=/run" });
  await server.logged(/2 workers of generation 1 ready/);
  assertEquals((await server.fetch("/")).status, 200);
  assertEquals(await health(masterOf(server), env), { code: 0, output: "ready\n" });
  Deno.kill(masterOf(server), "SIGTERM");
  assertEquals((await server.exit()).code, 0);
}, lacking);

testOnOneTarget("the health check of the image fails while the server does not serve", async (host) => {
  const server = await startContainer(host, { mounts: "mount -t tmpfs -o mode=1777 tmpfs $R/tmp" });
  await server.logged(/2 workers of generation 1 ready/);
  const master = masterOf(server);
  Deno.kill(master, "SIGWINCH");
  await server.logged(/no workers \(requested\)/);
  const { code, output } = await health(master);
  assertEquals(code, 1);
  assertMatch(output, /not ready: all workers are drained/);
  Deno.kill(master, "SIGKILL");
  await server.exit();
}, lacking);
