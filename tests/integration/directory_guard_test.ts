import { assert, assertEquals, assertMatch } from "../assert.ts";
import { pidApp } from "./apps.ts";
import { integrationTest, type TestHost } from "./harness.ts";

/** As a cleaner of /tmp would. */
function removeRuntimeDirectory(scene: TestHost): void {
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
  await server.logged(/warning +master pid=\d+  .*channel\.sock.* was removed and is restored: /);
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

integrationTest("a directory that somebody else made in its place gets no worker", async (scene) => {
  const server = scene.start({ files: { "main.ts": pidApp }, args: ["-w", "2"] });
  const [victim, other] = await server.ready(2);
  const [{ name }] = Array.from(Deno.readDirSync(scene.runtime)) as [Deno.DirEntry];
  const path = `${scene.runtime}/${name}`;
  Deno.removeSync(path, { recursive: true });
  // To make one of another user takes more rights than a test has; a link is nothing of ours either.
  Deno.mkdirSync(`${scene.folder}/strange`);
  const sockets = ["channel.sock", "inbox.sock", "control.sock"];
  const listeners = sockets.map((name) =>
    Deno.listen({ transport: "unix", path: `${scene.folder}/strange/${name}` })
  );
  Deno.writeTextFileSync(`${scene.folder}/strange/generation-1.mjs`, "");
  Deno.symlinkSync(`${scene.folder}/strange`, path);
  let connections = 0;
  for (const listener of listeners) void listener.accept().then(() => connections++, () => {});
  Deno.kill(victim!.pid, "SIGKILL");
  await server.logged(/cannot use the runtime directory: .* \(it belongs to another user now\)/);
  server.kill("SIGHUP");
  await server.logged(/reload failed, .* cannot use the runtime directory/);
  server.kill("SIGUSR2");
  await server.logged(/USR2 ignored/);
  assertEquals(connections, 0);
  assertEquals(await server.text(), String(other!.pid));
  server.kill("SIGTERM");
  assertEquals((await server.exit()).code, 0);
  assertEquals(Deno.lstatSync(path).isSymlink, true);
  Deno.removeSync(path);
  listeners.forEach((listener) => listener.close());
});
