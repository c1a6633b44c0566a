import { freePort } from "../../../bench/support/free_port.ts";
import { network } from "../../../src/system/network/deno_network.ts";
import { assertEquals, assertRejects, assertThrows } from "../../assert.ts";

Deno.test("nobody else can listen on a reserved address, and clients find nobody there", async () => {
  for (const hostname of ["127.0.0.1", "0.0.0.0", "::1", "::"]) {
    const port = freePort();
    const leave = network.reserve({ hostname, port });
    for (const reusePort of [false, true]) {
      assertThrows(() => Deno.listen({ hostname, port, reusePort }).close(), Deno.errors.AddrInUse);
    }
    assertThrows(() => network.reserve({ hostname, port }), Deno.errors.AddrInUse);
    const host = hostname.includes(":") ? "::1" : "127.0.0.1";
    await assertRejects(() => Deno.connect({ hostname: host, port }), Deno.errors.ConnectionRefused);
    leave();
    Deno.listen({ hostname, port, reusePort: true }).close();
  }
});

Deno.test("an address is reserved and served where the last server has left connections", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0, reusePort: true });
  const { port } = listener.addr as Deno.NetAddr;
  const client = await Deno.connect({ hostname: "127.0.0.1", port });
  const served = await listener.accept();
  listener.close();
  // The side that closes first keeps the port in TIME_WAIT.
  served.close();
  assertEquals(await client.read(new Uint8Array(1)), null);
  client.close();
  network.reserve({ hostname: "127.0.0.1", port })();
  Deno.listen({ hostname: "127.0.0.1", port, reusePort: true }).close();
});
