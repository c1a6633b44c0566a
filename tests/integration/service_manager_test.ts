/** Notices to the service manager that has started the server, as systemd takes them: sd_notify(3). */

import { assert, assertEquals, assertMatch } from "../assert.ts";
import { monotonic } from "../../src/system/monotonic_clock.ts";
import { slowApp } from "./apps.ts";
import { type TestHost, testOnOneTarget, until } from "./harness.ts";

/** Receives as systemd does, at a socket in the private folder. */
function serviceManager(host: TestHost) {
  const path = `${host.folder}/notify`;
  const socket = Deno.listenDatagram({ transport: "unixpacket", path });
  const notices: string[] = [];
  const received = (async () => {
    for await (const [bytes] of socket) notices.push(new TextDecoder().decode(bytes));
  })();
  return {
    notices,
    env: { NOTIFY_SOCKET: path },
    /** The next notice that matches, without those before it. */
    async next(pattern: RegExp, explain: () => string): Promise<string> {
      await until(String(pattern), () => notices.some((notice) => pattern.test(notice)), {
        explain: () => `${notices.join("\n---\n")}\n${explain()}`,
      });
      return notices.splice(0, notices.findIndex((notice) => pattern.test(notice)) + 1).at(-1)!;
    },
    async close() {
      socket.close();
      await received;
    },
  };
}

/** CLOCK_MONOTONIC, in microseconds. */
const now = () => monotonic() * 1_000;

const environmentApp = `export default { fetch: () => Response.json(Deno.env.toObject()) };\n`;

testOnOneTarget("a service manager learns of start, reload, failed reload and stop", async (host) => {
  const manager = serviceManager(host);
  try {
    const server = host.start({
      files: { "main.ts": environmentApp },
      args: ["-w", "2", "--graceful-timeout", "7", "--shutdown-timeout", "3"],
      env: { ...manager.env, WATCHDOG_USEC: "400000" },
    });
    const next = (pattern: RegExp) => manager.next(pattern, () => server.stderr);
    assertMatch(await next(/^READY=1/), /\nSTATUS=2 workers of generation 1 ready on http:/);
    await next(/^WATCHDOG=1$/);
    const inherited = Object.keys(JSON.parse(await server.text()));
    assertEquals(inherited.filter((name) => /^(NOTIFY|WATCHDOG)_/.test(name)), []);

    const before = now();
    server.kill("SIGHUP");
    const reloading = await next(/^RELOADING=1/);
    const moment = Number(/\nMONOTONIC_USEC=(\d+)\n/.exec(reloading)?.[1]);
    assert(moment >= before && moment <= now(), `${moment}, ${before}`);
    assertMatch(await next(/^READY=1/), /\nSTATUS=2 workers of generation 2 ready/);

    host.write({ "main.ts": "throw new Error('broken');\n" });
    server.kill("SIGHUP");
    await next(/^RELOADING=1/);
    assertMatch(await next(/^READY=1/), /\nSTATUS=reload failed, generation 2 keeps serving: [^\n]*$/);

    server.kill("SIGTERM");
    assertMatch(await next(/^STOPPING=1/), /\nEXTEND_TIMEOUT_USEC=16000000\nSTATUS=stopping/);
    assertEquals((await server.exit()).code, 0);
  } finally {
    await manager.close();
  }
});

testOnOneTarget("an upgrade gives the service to the new master, and loses no request", async (host) => {
  const manager = serviceManager(host);
  try {
    const server = host.start({
      files: { "main.ts": slowApp("hello") },
      args: ["-w", "1"],
      env: { ...manager.env, WATCHDOG_USEC: "400000" },
    });
    const next = (pattern: RegExp) => manager.next(pattern, () => server.stderr);
    await next(/^READY=1/);
    const old = server.pid;
    const slow = server.text("/?ms=500");
    server.kill("SIGUSR2");
    await next(/^RELOADING=1/);
    const handed = await next(/^MAINPID=/);
    assertMatch(handed, /\nREADY=1\nWATCHDOG=1\nSTATUS=process \d+ serves/);
    assertMatch(await next(/^READY=1/), /\nSTATUS=1 worker of generation 1 ready/);
    assertEquals(await slow, "hello");
    await server.upgraded();
    assertEquals(handed.split("\n")[0], `MAINPID=${server.pid}`);
    assert(server.pid !== old);
    await next(/^WATCHDOG=1$/);

    host.write({ "main.ts": "throw new Error('broken');\n" });
    server.kill("SIGUSR2");
    await next(/^RELOADING=1/);
    assertMatch(await next(/^READY=1/), /\nSTATUS=upgrade failed, this master keeps serving/);
    assertEquals(manager.notices.filter((notice) => /^(STOPPING|MAINPID)/.test(notice)), []);
    server.kill("SIGTERM");
    await next(/^STOPPING=1/);
    await server.exit();
  } finally {
    await manager.close();
  }
});

testOnOneTarget(
  "a service manager that does not answer costs a warning, and the server serves",
  async (host) => {
    const server = host.start({
      files: { "main.ts": slowApp("hello") },
      args: ["-w", "1"],
      env: { NOTIFY_SOCKET: `${host.folder}/nobody` },
    });
    await server.ready(1);
    assertEquals(await server.text(), "hello");
    await server.logged(/cannot notify the service manager: NOTIFY_SOCKET=\S+nobody \(connect .*\)/);
  },
);
