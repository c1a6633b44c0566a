/** Who owns a Unix socket where the master is root. */

import { assertEquals, assertMatch } from "../assert.ts";
import { pidApp } from "./apps.ts";
import { otherUserTest } from "./other_user.ts";
import { ask } from "./socket_visitors.ts";

otherUserTest("the socket belongs to the user of the workers, or to the one of the setting", async (host) => {
  const path = `${host.folder}/app.sock`;
  const args = ["--bind", "unix:app.sock", "--user", "nobody"];
  const owner = () => {
    const { uid, gid } = Deno.lstatSync(path);
    return [uid, gid];
  };
  const server = host.start({ files: { "main.ts": pidApp }, args });
  const [worker] = await server.ready(1);
  assertEquals(await ask(path), String(worker!.pid));
  assertEquals(owner()[0], 65_534);
  server.kill("SIGTERM");
  await server.exit();
  const other = host.start({ files: {}, args: [...args, "--unix-socket-owner", "1:2"] });
  await other.ready(1);
  assertEquals(owner(), [1, 2]);
  other.kill("SIGHUP");
  await other.ready(1, 2);
  assertEquals(await ask(path), String((await other.ready(1))[0]!.pid));
  other.kill("SIGTERM");
  await other.exit();
  const { code, stderr } = await host.run([...args, "--unix-socket-owner", "no-such-user", "main.ts"]);
  assertEquals(code, 2);
  assertMatch(stderr, /no-such-user: not in \/etc\/passwd: give a name listed there, or a number/);
});
