import { isOtherUser, resolveCredentials } from "../../src/account/credentials.ts";
import { environmentFor } from "../../src/account/account_environment.ts";
import { DenicornError } from "../../src/core/errors.ts";
import { assertEquals, assertThrows } from "../assert.ts";
import { FakeSystem } from "../fakes/fake_system.ts";

function rootSystem(): FakeSystem {
  const system = new FakeSystem();
  system.host.uid = 0;
  system.texts.set("/etc/passwd", "root:x:0:0::/root:/bin/sh\nweb:x:33:34::/var/www:/bin/false\n");
  system.texts.set("/etc/group", "root:x:0:\nweb:x:34:\nlogs:x:4:mail,web\ndata:x:50:web\n");
  system.texts.set("/proc/sys/net/ipv4/ip_unprivileged_port_start", "1024\n");
  return system;
}

const bind = [{ hostname: "127.0.0.1", port: 8000 }];

Deno.test("a user comes with its groups, its home and its name", () => {
  const expected = {
    ...{ title: "user web", uid: 33, gid: 34, groups: [34, 4, 50], lowPorts: false },
    variables: { HOME: "/var/www", USER: "web", LOGNAME: "web" },
  };
  const system = rootSystem();
  for (const user of ["web", "33"]) {
    assertEquals(resolveCredentials(system, { user, group: undefined, bind, redirectHttp: [] }), expected);
  }
  const other = resolveCredentials(system, { user: "web", group: "4", bind, redirectHttp: [] });
  assertEquals([other.gid, other.groups], [4, [4, 50]]);
  assertEquals(isOtherUser(system, other), true);
});

Deno.test("a number that is not listed has no groups and no home", () => {
  assertEquals(resolveCredentials(rootSystem(), { user: "7000", group: "7001", bind, redirectHttp: [] }), {
    ...{ title: "user 7000", uid: 7000, gid: 7001, groups: [], lowPorts: false },
    variables: { HOME: "/", USER: "7000", LOGNAME: "7000" },
  });
});

Deno.test("only another user than root needs the right to listen on low ports, and only for such ports", () => {
  const low = [...bind, { hostname: "127.0.0.1", port: 80 }];
  const system = rootSystem();
  const lowPorts = (user: string, bind: typeof low) =>
    resolveCredentials(system, { user, group: undefined, bind, redirectHttp: [] }).lowPorts;
  assertEquals([lowPorts("web", low), lowPorts("web", bind), lowPorts("root", low)], [true, false, false]);
  system.texts.set("/proc/sys/net/ipv4/ip_unprivileged_port_start", "80\n");
  assertEquals(lowPorts("web", low), false);
});

Deno.test("only a name that is listed, and only root may choose a user", () => {
  assertThrows(
    () => resolveCredentials(rootSystem(), { user: "wep", group: undefined, bind, redirectHttp: [] }),
    DenicornError,
    "cannot switch user: wep: not in /etc/passwd",
  );
  assertThrows(
    () => resolveCredentials(new FakeSystem(), { user: "web", group: undefined, bind, redirectHttp: [] }),
    DenicornError,
    "cannot switch to another user: user = web",
  );
});

Deno.test("the environment of its processes names the user, and holds no secret of the master", () => {
  const system = rootSystem();
  system.host.standalone = false;
  for (
    const [name, value] of [["HOME", "/home/op"], ["DENICORN_ADMIN_TOKEN", "secret"], ["LANG", "C"]] as const
  ) {
    system.variables.set(name, value);
  }
  const web = resolveCredentials(system, { user: "web", group: undefined, bind, redirectHttp: [] });
  assertEquals(environmentFor(system, web), {
    ...{ LANG: "C", HOME: "/var/www", USER: "web", LOGNAME: "web" },
    // From source, Denicorn's own modules stay where they are.
    DENO_DIR: "/home/op/.cache/deno",
  });
  system.host.standalone = true;
  const own = resolveCredentials(system, { user: undefined, group: undefined, bind, redirectHttp: [] });
  assertEquals(environmentFor(system, own), { HOME: "/home/op", LANG: "C" });
});
