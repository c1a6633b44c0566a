/** `--nice`: the master, its workers and what they start have that niceness. */

import { assert, assertEquals, assertMatch } from "../assert.ts";
import { nobody, openTo, reasonNotToSwitchUser } from "./as_root.ts";
import { testOnOneTarget } from "./harness.ts";
import { nicenessOf } from "./process_facts.ts";
import type { Server } from "./server.ts";

const files = {
  "main.ts": `export default async () => {
  const { stdout } = await new Deno.Command("nice").output();
  return new Response([Deno.pid, new TextDecoder().decode(stdout).trim()].join(" "));
};
`,
};

function assertNice(pid: number, nice: number): void {
  const found = nicenessOf(pid);
  assert(found.length > 1);
  assertEquals([...new Set(found)], [nice], `of process ${pid}`);
}

async function assertAllNice(server: Server, nice: number): Promise<void> {
  const { workers } = (await server.status())!;
  for (const pid of [server.pid, ...workers.map(({ pid }) => pid)]) assertNice(pid, nice);
  assertMatch(await server.text(), new RegExp(` ${nice}$`));
}

testOnOneTarget(
  "all threads of the master, of its workers and their children have the niceness",
  async (host) => {
    const server = host.start({ files, args: ["-w", "2", "--nice", "7"] });
    await server.ready(2);
    await assertAllNice(server, 7);

    server.kill("SIGHUP");
    await server.ready(2, 2);
    await assertAllNice(server, 7);
  },
);

testOnOneTarget("workers that are threads have the niceness", async (host) => {
  const args = ["-w", "1", "--worker-class", "threads", "--threads", "2", "--nice", "6"];
  const server = host.start({ files, args });
  await server.ready(2);
  await assertAllNice(server, 6);
});

testOnOneTarget("as root: workers of another user have a niceness that only root may give", async (host) => {
  openTo(host);
  const server = host.start({ files, args: ["-w", "2", "--user", "nobody", "--nice", "-3"] });
  await server.ready(2);
  await assertAllNice(server, -3);
  server.kill("SIGUSR2");
  await server.upgraded();
  await server.ready(2);
  await assertAllNice(server, -3);
}, reasonNotToSwitchUser);

testOnOneTarget("a niceness that this user may not give is an error, also for check", async (host) => {
  openTo(host);
  Deno.chownSync(host.runtime, nobody.uid, nobody.gid);
  const { uid, gid } = nobody;
  const command = [
    "setpriv",
    "--reuid",
    `${uid}`,
    "--regid",
    `${gid}`,
    "--clear-groups",
    ...host.target.command,
  ];
  for (const words of [[], ["check"]]) {
    const server = host.start({ files, command: [...command, ...words], args: ["--nice=-5"] });
    const { code } = await server.exit();
    assertEquals(code, 2, server.stderr);
    assertMatch(
      server.stderr,
      /^denicorn: nice: -5 \(command line --nice\) cannot be set \(setpriority: Permission denied\): give a greater number/,
    );
  }
}, reasonNotToSwitchUser);
