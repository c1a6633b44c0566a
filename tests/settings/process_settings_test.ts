/** Settings of the process: cores, names, daemons. */

import { assertEquals, assertMatch } from "../assert.ts";
import { refusal, resolve } from "./resolving.ts";

Deno.test("cpu-affinity takes auto, or cores in their order", () => {
  const cores = (given: string | number) => resolve({ config: { cpuAffinity: given } }).settings.cpuAffinity;
  assertEquals(cores("auto"), "auto");
  assertEquals(cores(3), [3]);
  assertEquals(cores("3,0-2"), [3, 0, 1, 2]);
  for (const given of ["", "0,0", "2-1", "0-1024", "a", "1,", "0-", "-1", 1.5, "0-3,2"]) {
    assertMatch(
      refusal({ config: { cpuAffinity: given } }),
      /^setting-invalid: cpu-affinity: .*such as 0,2-3/,
    );
  }
});

Deno.test("proc-name takes what ps can show", () => {
  const name = (given: string) => resolve({ args: ["--proc-name", given] }).settings.procName;
  assertEquals(name("shop [eu] 1"), "shop [eu] 1");
  for (const given of ["", " shop", "shop\n", "caf\u00e9", "x".repeat(65)]) {
    assertMatch(refusal({ args: ["--proc-name", given] }), /^setting-invalid: proc-name: /);
  }
});

Deno.test("a daemon needs a place for each log", () => {
  const file = ["--error-logfile", "error.log"];
  assertEquals(resolve({ args: ["-D", ...file] }).settings.daemon, true);
  assertEquals(resolve({ args: ["--no-daemon"] }).settings.daemon, false);
  assertEquals(resolve({ args: ["-D", "--error-logfile", "syslog:/dev/log"] }).settings.daemon, true);
  assertEquals(
    refusal({ args: ["-D"] }),
    "setting-invalid: daemon: on (command line --daemon) is not accepted with error-logfile = - (default), because a daemon " +
      "has no terminal: give --error-logfile a file, or syslog:/dev/log",
  );
  assertMatch(refusal({ args: ["-D", ...file, "--access-logfile", "-"] }), /with access-logfile = - \(/);
});

Deno.test("an app keeps at least what its worker needs", () => {
  const given = (...args: string[]) => resolve({ args }).settings.appPermissions;
  assertEquals(given(), []);
  assertEquals(given("--app-permissions", "read,net,env"), ["read", "net", "env"]);
  assertEquals(
    given("--app-permissions", "read,net", "--app-permissions", "env, run"),
    ["read", "net", "env", "run"],
  );
  const few = ["--app-permissions", "read,net,env"];
  assertEquals(
    refusal({ args: ["--app-permissions", "net,write"] }),
    "setting-invalid: app-permissions: net, write (command line --app-permissions) is not accepted without read, env, which a " +
      "worker needs itself: give read,net,env,write",
  );
  assertMatch(refusal({ args: [...few, "--worker-class", "threads"] }), /with worker-class = threads \(/);
  assertMatch(
    refusal({ args: [...few, "--bind", "unix:app.sock"] }),
    /with a Unix socket in bind .*: leave one of them out$/,
  );
  assertMatch(
    refusal({ args: [...few, "--app-permissions", "write", "--bind", "unix:app.sock"] }),
    /with a Unix socket in bind/,
  );
  assertMatch(
    refusal({ args: ["--app-permissions", "disk"] }),
    /: give read, net, env, ffi, import, run, sys or write$/,
  );
});
