import { placeServers } from "../../src/core/placed_servers.ts";
import { assertEquals } from "../assert.ts";

const usual = [{ hostname: "127.0.0.1", port: 8000 }];
const given = [{ hostname: "127.0.0.1", port: 80 }, { hostname: "::1", port: 80 }];

/** `host:port server`, for each address. */
function placed(program: Partial<Parameters<typeof placeServers>[0]>): string[] {
  return placeServers({
    bind: usual,
    isListening: true,
    isBindDefault: true,
    hasApp: false,
    servers: [],
    ...program,
  })
    .map(({ address: { hostname, port }, server }) => `${hostname} ${port} ${server}`);
}

Deno.test("an exported app is on bind", () => {
  assertEquals(placed({ hasApp: true }), ["127.0.0.1 8000 -1"]);
  assertEquals(placed({ hasApp: true, bind: given }), ["127.0.0.1 80 -1", "::1 80 -1"]);
});

Deno.test("without bind each server is where it asks to be, by the defaults of Deno.serve", () => {
  assertEquals(placed({ servers: [{}, { port: 9000, hostname: "::1" }] }), ["0.0.0.0 8000 0", "::1 9000 1"]);
});

Deno.test("bind takes the place of the first server's address only", () => {
  const servers = [{ port: 3000 }, { port: 9000 }];
  assertEquals(placed({ bind: given, isBindDefault: false, servers }), [
    "127.0.0.1 80 0",
    "::1 80 0",
    "0.0.0.0 9000 1",
  ]);
});

Deno.test("a server on the port of the exported app is that app, another one is not", () => {
  const servers = [{ port: 8000 }, {}, { port: 9000 }];
  assertEquals(placed({ hasApp: true, servers }), ["127.0.0.1 8000 -1", "0.0.0.0 9000 2"]);
});

Deno.test("nothing listens where an app is only checked", () => {
  assertEquals(placed({ bind: [], isListening: false, servers: [{ port: 3000 }] }), []);
});
