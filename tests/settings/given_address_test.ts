import { assertEquals } from "../assert.ts";
import { refusal, resolve } from "./resolving.ts";

const config = { bind: "0.0.0.0:9000" };

Deno.test("--host and --port make an address, as in most servers", () => {
  const bind = (...args: string[]) => resolve({ args }).settings.bind;
  assertEquals(bind("--port", "9000"), [{ hostname: "127.0.0.1", port: 9000 }]);
  assertEquals(bind("--host", "0.0.0.0"), [{ hostname: "0.0.0.0", port: 8000 }]);
  assertEquals(bind("--host=::1", "--port=1"), [{ hostname: "::1", port: 1 }]);
  assertEquals(bind("--host", "[::1]", "--port", "1"), [{ hostname: "::1", port: 1 }]);
});

Deno.test("one of them keeps the rest of the address that is in force without it", () => {
  const environment = { PORT: "28153" };
  assertEquals(resolve({ args: ["--host", "127.0.0.4"], environment }).settings.bind, [
    { hostname: "127.0.0.4", port: 28153 },
  ]);
  assertEquals(resolve({ args: ["--port", "1"], config }).settings.bind, [{ hostname: "0.0.0.0", port: 1 }]);
  assertEquals(resolve({ args: ["--host", "::1", "--port", "1"], config, environment }).settings.bind, [
    { hostname: "::1", port: 1 },
  ]);
});

Deno.test("of several addresses, and of one that has no port, nothing is kept", () => {
  for (const bind of [["0.0.0.0:1", "0.0.0.0:2"], "unix:/run/app.sock"]) {
    assertEquals(resolve({ args: ["--port", "3"], config: { bind } }).settings.bind, [
      { hostname: "127.0.0.1", port: 3 },
    ]);
  }
});

Deno.test("the scheme of an address is kept, too", () => {
  const tls = { certfile: "a.pem", keyfile: "a.key" };
  assertEquals(
    resolve({ args: ["--port", "1"], config: { ...tls, bind: "https://0.0.0.0:2" } }).settings.bind,
    [
      { hostname: "0.0.0.0", port: 1, scheme: "https" },
    ],
  );
});

Deno.test("a mistake names the flag that was typed", () => {
  for (const host of ["127.0.0.1:3", "256.0.0.1", "a b", "::g"]) {
    assertEquals(
      refusal({ args: ["--host", host] }),
      `usage: --host: ${
        JSON.stringify(host)
      } (command line) is not accepted: give a host, such as 0.0.0.0; what has a ` +
        "port, too, is --bind",
    );
  }
});

Deno.test("a pidfile that is a number is taken for a port", () => {
  assertEquals(
    refusal({ args: ["-p", "3000"] }),
    'setting-invalid: pid: "3000" (command line --pid) is not accepted: it names the pidfile: give --port 3000 for a ' +
      "port, or ./3000 for a file",
  );
  assertEquals(resolve({ args: ["-p", "./3000"] }).settings.pid, "./3000");
});
