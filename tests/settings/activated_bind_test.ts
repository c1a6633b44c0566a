import { withActivatedBind } from "../../src/settings/activated_bind.ts";
import type { InheritedAddress } from "../../src/system/system.ts";
import { assertEquals } from "../assert.ts";
import { resolve } from "./resolving.ts";

const web = { descriptor: 3, name: "web.socket" };
const sockets: readonly InheritedAddress[] = [web, { descriptor: 4 }];

function bindOf(args: readonly string[], given = sockets) {
  const { settings, origins } = withActivatedBind(resolve({ args }), given);
  return [settings.bind, origins.bind];
}

Deno.test("sockets of a service manager take the place of bind, and the origin says so", () => {
  assertEquals(bindOf([]), [sockets, "env LISTEN_FDS"]);
  assertEquals(bindOf(["-b", ":80"]), [sockets, "env LISTEN_FDS, in place of command line --bind"]);
});

Deno.test("a bind that names one of them chooses itself", () => {
  const own = { hostname: "127.0.0.1", port: 80 };
  assertEquals(bindOf(["-b", "fd://3", "-b", "127.0.0.1:80"]), [[web, own], "command line --bind"]);
  assertEquals(bindOf(["-b", "fd://9"]), [[{ descriptor: 9 }], "command line --bind"]);
});

Deno.test("without sockets nothing changes", () => {
  assertEquals(bindOf(["-b", "127.0.0.1:80"], []), [
    [{ hostname: "127.0.0.1", port: 80 }],
    "command line --bind",
  ]);
});
