import { formatAddress, toListenError } from "../../../src/system/network/listen_error.ts";
import { assertEquals, assertMatch } from "../../assert.ts";

const address = { hostname: "127.0.0.1", port: 80 };

Deno.test("an error of the system becomes one that an operator can act on", () => {
  const denied = toListenError(new Deno.errors.PermissionDenied("no"), address);
  assertEquals([denied.code, denied.exitCode], ["bind-denied", 3]);
  assertMatch(denied.message, /^cannot listen: 127\.0\.0\.1:80 is not allowed .*setcap/);
  const used = toListenError(new Deno.errors.AddrInUse("used"), address);
  assertEquals([used.code, used.exitCode], ["bind-in-use", 3]);
  const other = toListenError(new Error("failed to lookup address information"), {
    hostname: "nowhere",
    port: 1,
  });
  assertMatch(other.message, /nowhere:1 is not an address of this machine \(failed to lookup/);
});

Deno.test("IPv6 addresses are in brackets", () => {
  assertEquals(formatAddress({ hostname: "::1", port: 8000 }), "[::1]:8000");
});
