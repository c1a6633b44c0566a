import { assert, assertEquals, assertMatch } from "../assert.ts";
import { pidApp } from "./apps.ts";
import { integrationTest, type Scene } from "./harness.ts";

/** As a cleaner of /tmp would. */
function removeRuntimeDirectory(scene: Scene): void {
  for (const { name } of Deno.readDirSync(scene.runtime)) {
    Deno.removeSync(`${scene.runtime}/${name}`, { recursive: true });
  }
}

integrationTest("a dead worker is replaced although the runtime directory was removed", async (scene) => {
  const server = scene.start({ files: { "main.ts": pidApp }, args: ["-w", "2"] });
  const [victim, other] = await server.ready(2);
  // What is served is the code of the start, not what the source has become.
  scene.write({ "main.ts": pidApp.replace("Deno.pid", '"changed"') });
  removeRuntimeDirectory(scene);
  Deno.kill(victim!.pid, "SIGKILL");
  await server.logged(/warning +master pid=\d+  .*link\.sock.* was gone, made anew: /);
  const pids = (await server.ready(2)).map(({ pid }) => pid);
  assert(pids.includes(other!.pid) && !pids.includes(victim!.pid));
  assertMatch(await server.text(), /^\d+$/);
  assert(!server.stderr.includes("died before"), server.stderr);
  assert(!server.stderr.includes("steering is off"), server.stderr);
});

integrationTest("ctl and a reload work although the runtime directory was removed", async (scene) => {
  const server = scene.start({ files: { "main.ts": pidApp }, args: ["-w", "2"] });
  await server.ready(2);
  removeRuntimeDirectory(scene);
  await server.until("the control socket", async () => (await server.status()) !== undefined);
  assertEquals((await scene.run(["ctl", "--socket", scene.controlSocket, "reload", "--wait"])).code, 0);
  await server.ready(2, 2);
  removeRuntimeDirectory(scene);
  server.kill("SIGHUP");
  await server.ready(2, 3);
  server.kill("SIGTERM");
  assertEquals((await server.exit()).code, 0);
  assertEquals(server.leftovers(), []);
});

integrationTest("a control socket of the operator's choice is still found", async (scene) => {
  const server = scene.start({
    files: { "main.ts": pidApp },
    args: ["--control-socket", `${scene.folder}/mine.sock`],
  });
  await server.ready(1);
  removeRuntimeDirectory(scene);
  await server.until("the link to the control socket", async () => (await server.status()) !== undefined);
});
