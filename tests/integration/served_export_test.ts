/** An exported app that says where it is to be served, as for `deno serve` and other runtimes. */

import { assertEquals, assertMatch } from "../assert.ts";
import { pidApp } from "./apps.ts";
import { freePort, integrationTest } from "./harness.ts";

const app = (wishes: string) =>
  `export default { ${wishes}, name: "app", fetch() { return new Response(this.name + Deno.pid); },
  onListen({ hostname, port }) { console.log("on", this.name, hostname, port); } };\n`;

integrationTest("the port and hostname that an app exports are where it is served", async (host) => {
  const port = freePort();
  const files = { "main.ts": app(`port: "${port}", hostname: "127.0.0.1"`) };
  const server = host.start({ files, port, isBound: false, args: ["-w", "2"] });
  const pids = (await server.ready(2)).map(({ pid }) => `app${pid}`);
  await server.answeredBy(pids, 40);
  assertEquals((await server.status())?.addresses, [`127.0.0.1:${port}`]);
  await server.until(
    "onListen in both workers",
    () => server.stdout === `on app 127.0.0.1 ${port}\n`.repeat(2),
  );
  // A reload may take it back to an app that asks for nothing only by a restart.
  host.write({ "main.ts": pidApp });
  server.kill("SIGHUP");
  await server.logged(
    /reload failed, generation 1 keeps serving: cannot serve the app: it asks to listen on 127\.0\.0\.1:8000/,
  );
});

integrationTest("--bind replaces them, and an app without them hears where it listens, too", async (host) => {
  for (const wishes of ["port: 1", "x: 1"]) {
    const server = host.start({ files: { "main.ts": app(wishes) } });
    const [worker] = await server.ready(1);
    assertEquals(await server.text(), `app${worker!.pid}`);
    await server.until("onListen", () => server.stdout === `on app 127.0.0.1 ${server.port}\n`);
    server.kill("SIGTERM");
    await server.exit();
  }
});

integrationTest("a port that is none is an error of the start", async (host) => {
  const server = host.start({ files: { "main.ts": app("port: 70_000") } });
  assertEquals((await server.exit()).code, 4);
  assertMatch(
    server.stderr,
    /cannot serve the app where its export asks for: Invalid port \(out of range\): 70000/,
  );
});
