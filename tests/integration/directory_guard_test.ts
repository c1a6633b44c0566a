import { assert, assertEquals, assertMatch } from "../assert.ts";
import { pidApp } from "./apps.ts";
import { type TestHost, testOnOneTarget } from "./harness.ts";

/** Removes it like a cleaner of /tmp does. */
function removeRuntimeDirectory(host: TestHost): void {
  for (const { name } of Deno.readDirSync(host.runtime)) {
    Deno.removeSync(`${host.runtime}/${name}`, { recursive: true });
  }
}

testOnOneTarget("a dead worker is replaced after the runtime directory was removed", async (host) => {
  const server = host.start({ files: { "main.ts": pidApp }, args: ["-w", "2"] });
  const [victim, other] = await server.ready(2);
  // The replacement serves the code of the start, not the changed source.
  host.write({ "main.ts": pidApp.replace("Deno.pid", '"changed"') });
  removeRuntimeDirectory(host);
  Deno.kill(victim!.pid, "SIGKILL");
  await server.logged(/warning +master pid=\d+  .*channel\.sock.* were removed and are restored: /);
  const pids = (await server.ready(2)).map(({ pid }) => pid);
  assert(pids.includes(other!.pid) && !pids.includes(victim!.pid));
  assertMatch(await server.text(), /^\d+$/);
  assert(!server.stderr.includes("died before"), server.stderr);
  assert(!server.stderr.includes("steering is off"), server.stderr);
});

testOnOneTarget("ctl and reload work after the runtime directory was removed", async (host) => {
  const server = host.start({ files: { "main.ts": pidApp }, args: ["-w", "2"] });
  await server.ready(2);
  removeRuntimeDirectory(host);
  await server.until("the control socket", async () => (await server.status()) !== undefined);
  assertEquals((await host.run(["ctl", "--socket", host.controlSocket, "reload", "--wait"])).code, 0);
  await server.ready(2, 2);
  removeRuntimeDirectory(host);
  server.kill("SIGHUP");
  await server.ready(2, 3);
  server.kill("SIGTERM");
  assertEquals((await server.exit()).code, 0);
  assertEquals(server.leftovers(), []);
});

testOnOneTarget(
  "a custom control socket is still found after the runtime directory was removed",
  async (host) => {
    const server = host.start({
      files: { "main.ts": pidApp },
      args: ["--control-socket", `${host.folder}/mine.sock`],
    });
    await server.ready(1);
    removeRuntimeDirectory(host);
    await server.until("the link to the control socket", async () => (await server.status()) !== undefined);
  },
);

testOnOneTarget(
  "a custom control socket that was removed is opened again, and an upgrade works",
  async (host) => {
    const socket = `${host.folder}/mine.sock`;
    const server = host.start({ files: { "main.ts": pidApp }, args: ["--control-socket", socket] });
    await server.ready(1);
    Deno.removeSync(socket);
    await server.logged(/warning .*  \S+mine\.sock was removed and is restored: /);
    assertEquals((await host.run(["ctl", "--socket", socket, "scale", "2", "--wait"])).code, 0);
    const from = server.stderr.length;
    Deno.removeSync(socket);
    await server.logged(/mine\.sock was removed and is restored: /, from);
    server.kill("SIGUSR2");
    await server.logged(/the upgrade is complete/, from);
    assert(!server.stderr.includes("the old master died"), server.stderr);
  },
);

testOnOneTarget("a directory that another user created in its place is not used", async (host) => {
  const server = host.start({ files: { "main.ts": pidApp }, args: ["-w", "2"] });
  const [victim, other] = await server.ready(2);
  const [{ name }] = Array.from(Deno.readDirSync(host.runtime)) as [Deno.DirEntry];
  const path = `${host.runtime}/${name}`;
  Deno.removeSync(path, { recursive: true });
  // A test has no rights to create one of another user; a symbolic link is treated alike.
  Deno.mkdirSync(`${host.folder}/foreign`);
  const sockets = ["channel.sock", "inbox.sock", "control.sock"];
  const listeners = sockets.map((name) =>
    Deno.listen({ transport: "unix", path: `${host.folder}/foreign/${name}` })
  );
  Deno.writeTextFileSync(`${host.folder}/foreign/generation-1.mjs`, "");
  Deno.symlinkSync(`${host.folder}/foreign`, path);
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
