import type { FetchProgramServer } from "../../../src/system/system.ts";
import type { OpenedApp } from "../../../src/worker/programs/open_app.ts";
import { appOf, programOf } from "../../../src/worker/app/served_program.ts";
import { assert, assertEquals, assertThrows } from "../../assert.ts";

const bind = [{ hostname: "127.0.0.1", port: 9000 }];

function server(port: number, answers: Partial<FetchProgramServer> = {}): FetchProgramServer {
  return {
    kind: "fetch",
    asked: { hostname: "127.0.0.1", port },
    handler: () => new Response(),
    onError: undefined,
    listens: () => {},
    ended: () => {},
    ...answers,
  };
}

const opened: OpenedApp = {
  serve: () => {
    throw new Error("not needed");
  },
  serveShared: null,
  ask: () => new Response(),
  closeWebSockets: () => {},
};

/** The ports, where the servers are among them, and whether the worker asks for them. */
function placesOf(hasApp: boolean, servers: readonly FetchProgramServer[], isBindDefault = false) {
  const app = hasApp ? opened : null;
  const config = { listen: bind, sharedSockets: [], isBindDefault, certificates: null, http2: true };
  const program = programOf(config, app, servers, servers.map(() => opened), () => opened.serve);
  return {
    ports: program.served.map(({ address: { port } }) => port),
    places: program.servers.map(({ place }) => place),
    asks: program.asked !== undefined,
  };
}

Deno.test("a program asks for the addresses that are not those of the setting", () => {
  assertEquals(placesOf(false, [server(3000)]), { ports: [9000], places: [0], asks: false });
  assertEquals(placesOf(false, [server(3000)], true), { ports: [3000], places: [0], asks: true });
  assertEquals(placesOf(false, [server(1), server(2)]), { ports: [9000, 2], places: [0, 1], asks: true });
  assertEquals(placesOf(true, [server(9000), server(2)]), { ports: [9000, 2], places: [0, 1], asks: true });
});

Deno.test("two servers cannot have one address, also not by way of bind", () => {
  const error = assertThrows(() => placesOf(false, [server(3000), server(9000)]), Error);
  assertEquals(
    error.message,
    "cannot serve the app: two of its servers would listen on 127.0.0.1:9000: give one of them another port, or " +
      "choose another --bind",
  );
});

Deno.test("each worker would get another port 0", () => {
  assertThrows(() => placesOf(false, [server(0)], true), Error, "each worker would get another port");
});

Deno.test("onError answers where the handler throws or rejects", async () => {
  const onError = (error: unknown) => new Response(String(error), { status: 418 });
  for (
    const handler of [() => Promise.reject(new Error("tea")), () => {
      throw new Error("tea");
    }]
  ) {
    const app = appOf(server(1, { handler, onError }));
    assert(app.kind === "fetch");
    const response = await app.fetch(new Request("http://app.test/"), {
      remoteAddr: { transport: "tcp", hostname: "127.0.0.1", port: 0 },
      completed: Promise.resolve(),
    });
    assertEquals([response.status, await response.text()], [418, "Error: tea"]);
  }
});
