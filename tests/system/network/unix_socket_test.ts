import { network } from "../../../src/system/network/deno_network.ts";
import { assertEquals } from "../../assert.ts";
import { linuxOnly } from "../linux_only.ts";

linuxOnly("a Unix socket is open to no other user from its first moment, whatever the umask", async () => {
  const folder = Deno.makeTempDirSync({ prefix: "denicorn-socket-test-" });
  const umask = Deno.umask(0);
  try {
    const server = network.serveUnix(`${folder}/control.sock`, () => new Response());
    // Nothing else has run in this process since it was bound.
    assertEquals([Deno.statSync(`${folder}/control.sock`).mode! & 0o777, Deno.umask()], [0o600, 0]);
    await server.stopAccepting();
  } finally {
    Deno.umask(umask);
    Deno.removeSync(folder, { recursive: true });
  }
});
