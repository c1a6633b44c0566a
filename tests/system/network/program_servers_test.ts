import { runtimeServe, takeProgramServers } from "../../../src/system/network/program_servers.ts";
import type { ProgramServer } from "../../../src/system/system.ts";
import { assert, assertEquals, assertMatch, assertThrows } from "../../assert.ts";

type Call = (serve: (...args: unknown[]) => Deno.HttpServer<Deno.NetAddr>) => unknown;

/** What a program has started; `ends` counts how often it has ended a server. */
function taken(call: Call): { readonly servers: readonly ProgramServer[]; readonly ends: number } {
  let ends = 0;
  const program = takeProgramServers(() => ends++);
  try {
    call(Deno.serve as Parameters<Call>[0]);
  } finally {
    Object.defineProperty(Deno, "serve", { value: runtimeServe, configurable: true, writable: true });
  }
  return { servers: program.servers, ends };
}

const handler = () => new Response();
const nothing = { hostname: undefined, port: undefined };

const forms: readonly [form: string, call: Call, asked: unknown][] = [
  ["a handler", (serve) => serve(handler), nothing],
  ["options and a handler", (serve) => serve({ port: 1 }, handler), { ...nothing, port: 1 }],
  ["options with a handler", (serve) => serve({ port: 1, handler }), { ...nothing, port: 1 }],
  ["undefined and a handler", (serve) => serve(undefined, handler), nothing],
  ["null for defaults", (serve) => serve({ port: null, hostname: null }, handler), nothing],
  ["the value of an environment variable", (serve) => serve({ port: "3000" }, handler), {
    ...nothing,
    port: 3000,
  }],
  ["an IPv6 address as in a URL", (serve) => serve({ hostname: "[::1]" }, handler), {
    ...nothing,
    hostname: "::1",
  }],
];

for (const [form, call, asked] of forms) {
  Deno.test(`Deno.serve takes ${form}`, () => {
    const { servers, ends } = taken(call);
    assertEquals([servers.map((server) => server.asked), ends], [[asked], 0]);
    const [first] = servers;
    assert(first?.kind === "fetch" && first.handler === handler);
  });
}

const mistakes: readonly [what: string, args: readonly unknown[], message: RegExp][] = [
  ["no handler", [], /handler must be a function, received undefined/],
  ["an app instead of its handler", [{ port: 1 }, { fetch: handler }], /received object/],
  ["an empty port", [{ port: "" }, handler], /Invalid port: ''/],
  ["a port that is no number", [{ port: "x" }, handler], /Invalid port: 'x'/],
  ["a port out of range", [{ port: 70_000 }, handler], /Invalid port \(out of range\): 70000/],
  ["a hostname that is none", [{ hostname: "a b" }, handler], /with hostname "a b"/],
  ["a Unix socket", [{ path: "/x" }, handler], /with `path`: it listens on a Unix socket/],
  ["TLS", [{ cert: "c", key: "k" }, handler], /with `cert`: the server has the certificate/],
  ["a socket for virtual machines", [{ cid: 1, port: 1 }, handler], /with `cid`/],
];

for (const [what, args, message] of mistakes) {
  Deno.test(`Deno.serve refuses ${what}, where it is called`, () => {
    const error = assertThrows(() => taken((serve) => serve(...args)), Error);
    assertMatch(error.message, message);
    assertMatch(error.stack?.split("\n").find((line) => line.startsWith("    at ")) ?? "", /servers_test/);
  });
}

Deno.test("Deno.serve refuses an address for the second time, and any call after the program was loaded", () => {
  assertThrows(
    () => taken((serve) => [serve({ port: 1 }, handler), serve({ port: "1" }, handler)]),
    Deno.errors.AddrInUse,
    "two servers for 0.0.0.0:1",
  );
  const program = takeProgramServers(() => {});
  program.close();
  try {
    assertThrows(() => void Deno.serve(handler), Error, "after it was loaded");
  } finally {
    Object.defineProperty(Deno, "serve", { value: runtimeServe, configurable: true, writable: true });
  }
});

Deno.test("onListen gets the real address; what it throws does not reach the worker's own code", async () => {
  const heard: unknown[] = [];
  const { servers } = taken((serve) => {
    serve({ onListen: (address: Deno.NetAddr) => heard.push({ ...address }) }, handler);
  });
  servers[0]!.listens({ hostname: "127.0.0.1", port: 9000 });
  assertEquals(heard, []);
  await Promise.resolve();
  assertEquals(heard, [{ transport: "tcp", hostname: "127.0.0.1", port: 9000 }]);
});

Deno.test("a program ends its server by a signal, by shutdown and by a disposal; it is finished when the worker is", async () => {
  const controller = new AbortController();
  let ends = 0;
  const program = takeProgramServers(() => ends++);
  try {
    const server = Deno.serve({ signal: controller.signal }, handler);
    controller.abort();
    assertEquals(ends, 1);
    const ended = [server.shutdown(), server[Symbol.asyncDispose](), server.finished];
    assertEquals(ends, 3);
    program.servers[0]!.ended();
    await Promise.all(ended);
    Deno.serve({ port: 1, signal: AbortSignal.abort() }, handler);
    assertEquals(ends, 4);
  } finally {
    Object.defineProperty(Deno, "serve", { value: runtimeServe, configurable: true, writable: true });
  }
});
