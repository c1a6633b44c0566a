import type { FetchHandler, ProgramServer } from "../../src/system/system.ts";
import { programOf } from "../../src/worker/served_program.ts";
import { assertEquals, assertThrows } from "../assert.ts";

const bind = [{ hostname: "127.0.0.1", port: 9000 }];

function server(port: number, answers: Partial<ProgramServer> = {}): ProgramServer {
  return {
    asked: { hostname: "127.0.0.1", port },
    handler: () => new Response(),
    onError: undefined,
    listens: () => {},
    ended: () => {},
    ...answers,
  };
}

/** The ports, where the servers are among them, and whether the worker asks for them. */
function placesOf(app: FetchHandler | null, servers: readonly ProgramServer[], isBindDefault = false) {
  const program = programOf({ listen: bind, isBindDefault }, app, servers);
  return {
    ports: program.served.map(({ address: { port } }) => port),
    places: program.servers.map(({ place }) => place),
    asks: program.asked !== undefined,
  };
}

Deno.test("a program asks for the addresses that are not those of the setting", () => {
  assertEquals(placesOf(null, [server(3000)]), { ports: [9000], places: [0], asks: false });
  assertEquals(placesOf(null, [server(3000)], true), { ports: [3000], places: [0], asks: true });
  assertEquals(placesOf(null, [server(1), server(2)]), { ports: [9000, 2], places: [0, 1], asks: true });
  const app = () => new Response();
  assertEquals(placesOf(app, [server(9000), server(2)]), { ports: [9000, 2], places: [0, 1], asks: true });
});

Deno.test("two servers cannot have one address, also not by way of bind", () => {
  const error = assertThrows(() => placesOf(null, [server(3000), server(9000)]), Error);
  assertEquals(
    error.message,
    "cannot serve the app: two of its servers would listen on 127.0.0.1:9000: give one of them another port, or " +
      "choose another --bind",
  );
});

Deno.test("each worker would get another port 0", () => {
  assertThrows(() => placesOf(null, [server(0)], true), Error, "each worker would get another port");
});

Deno.test("onError answers where the handler throws or rejects", async () => {
  const onError = (error: unknown) => new Response(String(error), { status: 418 });
  for (
    const handler of [() => Promise.reject(new Error("tea")), () => {
      throw new Error("tea");
    }]
  ) {
    const { served } = programOf({ listen: bind, isBindDefault: false }, null, [
      server(1, { handler, onError }),
    ]);
    const response = await served[0]!.handler(new Request("http://app.test/"), {
      remoteAddr: { transport: "tcp", hostname: "127.0.0.1", port: 0 },
      completed: Promise.resolve(),
    });
    assertEquals([response.status, await response.text()], [418, "Error: tea"]);
  }
});
