import { renderSettingsJson, renderSettingsText } from "../../src/cli/commands/settings.ts";
import { changedSettings } from "../../src/settings/resolve.ts";
import { assert, assertEquals } from "../assert.ts";
import { refusal, resolve } from "./resolving.ts";

const token = "correct-horse-battery";

Deno.test("any address is accepted, with a token and without: then only probes are answered", () => {
  for (const address of [":9000", "10.0.0.1:9000", "[::]:9000", "example.org:9000", "127.0.0.1:9000"]) {
    resolve({ args: ["--admin-bind", address] });
    resolve({ args: ["--admin-bind", address], environment: { DENICORN_ADMIN_TOKEN: token } });
    resolve({ args: ["--admin-bind", address], config: { adminTokenFile: "token" } });
  }
});

Deno.test("a token together with a token file, and an address of the app, are refused", () => {
  assertEquals(
    refusal({ args: ["--admin-token-file", "t"], environment: { DENICORN_ADMIN_TOKEN: token } }),
    'setting-invalid: admin-token-file: "t" (command line --admin-token-file) is not accepted together with admin-token ' +
      "(env DENICORN_ADMIN_TOKEN): give one of them",
  );
  assertEquals(
    refusal({ args: ["-b", "127.0.0.1:9000", "--admin-bind", "127.0.0.1:9000"] }),
    'setting-invalid: admin-bind: "127.0.0.1:9000" (command line --admin-bind) is not accepted: bind ' +
      "(command line --bind) uses it already: give another port",
  );
});

Deno.test("a token is never shown, even if it is not accepted", () => {
  const resolved = resolve({ environment: { DENICORN_ADMIN_TOKEN: token } });
  assertEquals(resolved.settings.adminToken, token);
  for (const report of [renderSettingsText(resolved), renderSettingsJson(resolved)]) {
    assert(!report.includes(token) && report.includes("(hidden)"));
  }
  for (const bad of ["short", `${token} with blanks`, "é".repeat(20)]) {
    const message = refusal({ environment: { DENICORN_ADMIN_TOKEN: bad } });
    assert(message.includes("is not accepted: give") && !message.includes(bad), message);
  }
});

Deno.test("a changed token takes a restart", () => {
  const [old, next] = [token, `${token}2`].map((adminToken) => resolve({ config: { adminToken } }));
  assertEquals(changedSettings(old!, next!).needRestart, [
    { name: "admin-token", inForce: "(hidden)", wanted: "one that differs in what is not shown" },
  ]);
  assertEquals(changedSettings(old!, old!).needRestart, []);
});

Deno.test("a StatsD server has a name and a port", () => {
  const { statsdHost } = resolve({ args: ["--statsd-host", "[::1]:8125"] }).settings;
  assertEquals(statsdHost, { hostname: "::1", port: 8125 });
  for (const bad of [":8125", "localhost", "localhost:0"]) {
    assert(refusal({ args: ["--statsd-host", bad] }).includes("with a port from 1 to 65535"), bad);
  }
});
