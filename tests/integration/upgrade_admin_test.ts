/** Health checks, scrapers and scripts that ask the master: an upgrade refuses none of them. */

import { assert, assertEquals } from "../assert.ts";
import { askAgainAndAgain } from "./again_and_again.ts";
import { pidApp } from "./apps.ts";
import { freePort, type TestHost, testOnOneTarget } from "./harness.ts";

const upgrades = 10;

testOnOneTarget(
  "10 upgrades and reloads refuse and reset no request to the admin address and to a control socket",
  async (host) => {
    const port = freePort();
    const socket = `${host.folder}/ctl.sock`;
    const server = host.start({
      files: { "main.ts": pidApp },
      args: ["--admin-bind", `127.0.0.1:${port}`, "--control-socket", socket],
    });
    await server.logged(/1 worker of generation 1 ready/);
    const loads = ["/healthz", "/readyz"].map((path) =>
      askAgainAndAgain(async () => {
        using client = Deno.createHttpClient({ poolMaxIdlePerHost: 0 });
        const response = await fetch(`http://127.0.0.1:${port}${path}`, { client });
        const text = await response.text();
        return response.status === 200 ? null : `${path}: ${response.status} ${text}`;
      })
    );
    const masters = new Set<number>();
    loads.push(askAgainAndAgain(async () => {
      using client = Deno.createHttpClient({ proxy: { transport: "unix", path: socket } });
      const { pid, phase } = await (await fetch("http://localhost/status", { client })).json();
      masters.add(pid);
      return phase === "stopping" ? `the phase is ${phase}` : null;
    }));
    let from = 0;
    for (let upgrade = 1; upgrade <= upgrades; upgrade++) {
      const status = async () => {
        const { stdout } = await host.run(["ctl", "--socket", socket, "status", "--json"]);
        return JSON.parse(stdout);
      };
      const { pid, phase, generation } = await server.until("a serving master", async () => {
        const found = await status();
        return found.phase === "running" && found;
      });
      assertEquals([phase, generation], ["running", 1]);
      Deno.kill(pid, "SIGHUP");
      await server.logged(/1 worker of generation 2 ready/, from);
      Deno.kill(pid, "SIGUSR2");
      await server.logged(new RegExp(`process ${pid} is gone: the upgrade is complete`), from);
      from = server.stderr.length;
    }
    const results = await Promise.all(loads.map((load) => load.end()));
    assertEquals(results.map(({ failures }) => failures), [[], [], []], server.stderr);
    assert(results.every(({ asked }) => asked > 20 * upgrades), JSON.stringify(results));
    assertEquals(masters.size, upgrades + 1);
    const last = JSON.parse((await host.run(["ctl", "--socket", socket, "status", "--json"])).stdout);
    Deno.kill(last.pid, "SIGTERM");
    await server.until("nothing left", () => server.leftovers().length === 0);
    assert(
      !Array.from(Deno.readDirSync(host.folder)).some(({ name }) => /sock|^\.ctl/.test(name)),
      "a socket is left",
    );
  },
);

testOnOneTarget("denicorn ctl finds the serving master at every moment of an upgrade", async (host) => {
  const server = host.start({ files: { "main.ts": pidApp }, args: ["--pid", "server.pid"] });
  await server.ready(1);
  for (const options of [[], ["--pid", "server.pid"]]) {
    const load = askAgainAndAgain(async () => {
      const { code, stderr } = await host.run(["ctl", ...options, "status"]);
      if (code === 0 || isAboutAnother(host, stderr)) return null;
      return stderr;
    });
    for (let upgrade = 1; upgrade <= 2; upgrade++) {
      server.kill("SIGUSR2");
      await server.upgraded();
      await server.ready(1);
    }
    assertEquals((await load.end()).failures, [], server.stderr);
  }
});

/** A server of this user that another program has started in /tmp is found, too. */
function isAboutAnother({ runtime }: TestHost, text: string): boolean {
  const sockets = text.match(/\/\S+\/control\.sock/g) ?? [];
  return text.includes("are running") && sockets.filter((path) => path.startsWith(runtime)).length === 1;
}
