/** What a program of the workers' account does to the memory that workers share with their master. */

import { assert, assertEquals } from "../assert.ts";
import { pidApp } from "./apps.ts";
import { without } from "./forbidden_call.ts";
import { type TestHost, testOnOneTarget } from "./harness.ts";
import { otherUserTest } from "./other_user.ts";

/**
 * An app that truncates and seals everything that may be the shared memory: by name, through the descriptors and
 * through the mappings of its process and of the other workers. Answers what it had, and what the kernel allowed.
 */
const attacker = `
const { symbols: libc } = Deno.dlopen("libc.so.6", {
  open: { parameters: ["buffer", "i32", "u32"], result: "i32" },
  ftruncate: { parameters: ["i32", "i64"], result: "i32" },
  fcntl: { parameters: ["i32", "i32", "i32"], result: "i32" },
});
const F_ADD_SEALS = 1033, F_SEAL_FUTURE_WRITE = 16, O_RDWR = 2;
const shared = /\\/memfd:denicorn\\S*|\\/\\S*\\/denicorn-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{2}(?= |$)/gm;

function attempt(action, otherwise) {
  try {
    return action();
  } catch {
    return otherwise;
  }
}

const list = (folder) =>
  attempt(() => Array.from(Deno.readDirSync(folder), ({ name }) => folder + "/" + name), []);
/** Of a process that has not ended: esbuild's of the build ends a little after it, as a child of the master. */
const parentOf = (pid) =>
  attempt(() => /\\) [^Z] (\\d+)/.exec(Deno.readTextFileSync("/proc/" + pid + "/stat"))?.[1], null);

function shrink(descriptor) {
  return [
    ...(libc.ftruncate(descriptor, 0n) === 0 ? ["truncated"] : []),
    ...(libc.fcntl(descriptor, F_ADD_SEALS, F_SEAL_FUTURE_WRITE) === 0 ? ["sealed"] : []),
  ];
}

function attack() {
  const maps = Deno.readTextFileSync("/proc/self/maps").match(shared) ?? [];
  const siblings = list("/proc").map((path) => path.slice(6))
    .filter((pid) => /^\\d+$/.test(pid) && parentOf(pid) === String(Deno.ppid));
  const links = siblings.flatMap((pid) => [...list("/proc/" + pid + "/fd"), ...list("/proc/" + pid + "/map_files")])
    .filter((path) => attempt(() => Deno.readLinkSync(path).match(shared), null) !== null);
  const own = links.filter((path) => path.startsWith("/proc/" + Deno.pid + "/fd/"));
  const done = own.flatMap((path) => shrink(Number(path.split("/").at(-1))));
  for (const path of [...maps, ...links]) {
    const descriptor = libc.open(new TextEncoder().encode(path + "\\0"), O_RDWR, 0);
    if (descriptor >= 0) done.push(...shrink(descriptor).map((what) => what + " " + path));
  }
  const { stdout } = new Deno.Command("ls", { args: ["-l", "/proc/self/fd"] }).outputSync();
  const inherited = new TextDecoder().decode(stdout).match(/memfd:|denicorn-|socket:/g) ?? [];
  return { kinds: maps.map((path) => path.split("-")[0]), hasSibling: siblings.length > 1, own, done, inherited };
}

export default (request) =>
  new URL(request.url).pathname === "/attack" ? Response.json(attack()) : new Response(String(Deno.pid));
`;

async function withstands(host: TestHost, command: readonly string[], kind: string): Promise<void> {
  const args = ["-w", "2", "--user", "nobody", "--log-level", "debug"];
  const server = host.start({ files: { "main.ts": attacker }, args, command });
  const workers = await server.ready(2);
  const attackers = new Set<string>();
  await server.until("an attack by both workers", async () => {
    assertEquals(await (await server.fetch("/attack")).json(), {
      kinds: [kind],
      hasSibling: true,
      own: [],
      done: [],
      inherited: [],
    });
    attackers.add(await server.text());
    return attackers.size === 2;
  });
  // Neither was replaced, and the master still reads their counters.
  const { requests } = (await server.status())!.totals;
  assert(requests >= 4, `${requests} requests`);
  assertEquals((await server.ready(2)).map(({ pid }) => pid), workers.map(({ pid }) => pid));
  server.kill("SIGHUP");
  await server.ready(2, 2);
  server.kill("SIGTERM");
  assertEquals((await server.exit()).code, 0);
  assertEquals(server.leftovers(), []);
}

otherUserTest(
  "the account of the workers cannot shrink the memory they share with the master",
  (host) => withstands(host, host.target.command, "/memfd:denicorn"),
);

otherUserTest(
  "without sealed memory the account of the workers cannot shrink the file in its place",
  (host) => withstands(host, without("memfd_create", host.target.command), "/dev/shm/denicorn"),
);

testOnOneTarget("the shared memory has no name, and what killed masters left is removed", async (host) => {
  const name = () => `/dev/shm/denicorn-${crypto.randomUUID().slice(0, 16)}`;
  const [empty, cut, foreign] = [name(), name(), `${name()}.mine`] as const;
  const files = () =>
    [empty, cut, foreign].filter((path) =>
      Deno.readDirSync("/dev/shm").some(
        (entry) => path === `/dev/shm/${entry.name}`,
      )
    );
  try {
    Deno.writeTextFileSync(empty, "");
    Deno.writeTextFileSync(cut, "x".repeat(5_000));
    Deno.writeTextFileSync(foreign, "x");
    const server = host.start({ files: { "main.ts": pidApp } });
    const [worker] = await server.ready(1);
    assertEquals(files(), [foreign]);
    for (const pid of [server.pid, worker!.pid]) {
      const maps = Deno.readTextFileSync(`/proc/${pid}/maps`);
      assertEquals(maps.match(/\S*(memfd:denicorn|dev\/shm\/denicorn)\S*/g), ["/memfd:denicorn-scoreboard"]);
    }
  } finally {
    for (const path of files()) Deno.removeSync(path);
  }
}, Deno.build.os === "linux" ? null : "needs Linux");
