import { SharedListeners } from "../../../src/worker/listeners/shared_listeners.ts";
import type { SharedServer, SharedSource } from "../../../src/system/system.ts";
import type { WorkerConfig } from "../../../src/protocol/messages.ts";
import { DenicornError } from "../../../src/core/errors.ts";
import { assertEquals, assertThrows } from "../../assert.ts";
import { FakeSystem } from "../../fakes/fake_system.ts";

const unixSockets = [{ path: "/run/a.sock", descriptor: 7 }, { path: "/run/b.sock", descriptor: 8 }];

/** A worker with two sockets, and servers that note what becomes of them. */
function setUp(sharedSockets: readonly SharedSource[] = unixSockets, appPermissions: readonly string[] = []) {
  const system = new FakeSystem();
  const state = {
    isWaiting: false,
    isRefusing: false,
    isFree: true,
    failure: null as Error | null,
    alive: 0,
    refused: [] as number[],
  };
  system.unixSockets = {
    ...system.unixSockets,
    areBytesWaiting: () => state.isWaiting,
    isRefusing: () => state.isRefusing,
    claimant: () => state.alive,
    refuse: (descriptor) => void state.refused.push(descriptor),
  };
  system.openFiles = { ...system.openFiles, hasAvailable: () => state.isFree };
  const failing: string[] = [];
  const requests = { lastEnd: -Infinity, http2: { lastEnd: -Infinity }, total: 0 };
  const config = {
    sharedSockets,
    drainIdle: 500,
    compress: undefined,
    appPermissions,
  } as unknown as WorkerConfig;
  const listeners = new SharedListeners(system, config, {
    requests: requests as unknown as ConstructorParameters<typeof SharedListeners>[2]["requests"],
    serving: { isCompressing: false, onError: () => new Response() },
    onFailing: (address, error) => void failing.push(`${address}: ${(error as Error).message}`),
  });
  const servers: { path: string; state: SharedServer["state"] }[] = [];
  const serve = (source: SharedSource) => {
    if (state.failure !== null) throw state.failure;
    const path = "path" in source ? source.path : `${source.hostname}:${source.port}`;
    const server: { path: string } & { -readonly [Name in keyof SharedServer]: SharedServer[Name] } = {
      path,
      state: "accepting",
      accept: () => void (server.state = "accepting"),
      leave: () => void (server.state = "parked"),
      stopAccepting: () => Promise.resolve(),
    };
    servers.push(server);
    return server;
  };
  listeners.open(serve);
  return {
    system,
    state,
    requests,
    listeners,
    servers,
    failing,
    states: () => servers.map(({ path, state }) => `${path} ${state}`),
  };
}

Deno.test("a worker accepts from those that the master names, and leaves the others", () => {
  const { listeners, states } = setUp();
  assertEquals(states(), []);
  listeners.accept([0]);
  assertEquals(states(), ["/run/a.sock accepting"]);
  listeners.accept([1]);
  assertEquals(states(), ["/run/a.sock parked", "/run/b.sock accepting"]);
  listeners.accept([0, 1, 9]);
  assertEquals(states(), ["/run/a.sock accepting", "/run/b.sock accepting"]);
});

Deno.test("a server that the runtime has closed is replaced when there are file descriptors", async () => {
  const { system, state, listeners, servers, states } = setUp();
  listeners.accept([0]);
  servers[0]!.state = "closed";
  state.isFree = false;
  await system.clock.advance(100);
  listeners.check();
  assertEquals(states(), ["/run/a.sock closed"]);
  state.isFree = true;
  await system.clock.advance(100);
  listeners.check();
  assertEquals(states(), ["/run/a.sock closed", "/run/a.sock accepting"]);
});

Deno.test("a worker that leaves does not accept any more, unless nobody can connect", () => {
  const left = setUp();
  left.listeners.accept([0]);
  left.listeners.leave();
  left.listeners.accept([0]);
  assertEquals(left.states(), ["/run/a.sock parked"]);
  const stopped = setUp();
  stopped.listeners.accept([0]);
  stopped.state.isRefusing = true;
  stopped.listeners.leave();
  assertEquals(stopped.states(), ["/run/a.sock accepting"]);
});

Deno.test("without a master nobody can connect, unless a living process has claimed the sockets", () => {
  const { system, state, listeners } = setUp();
  state.alive = 99;
  system.alive.add(99);
  listeners.refuse();
  assertEquals(state.refused, []);
  system.alive.delete(99);
  listeners.refuse();
  assertEquals(state.refused, [7, 8]);
});

Deno.test("it is quiet when the last answer is old, and two looks show no byte and no new request", async () => {
  const { system, state, requests, listeners } = setUp();
  assertEquals(listeners.untilQuiet(), 0, "nothing was accepted");
  listeners.accept([0]);
  listeners.leave();
  assertEquals(listeners.untilQuiet(), 500);
  await system.clock.advance(300);
  requests.lastEnd = system.clock.monotonic();
  await system.clock.advance(500);
  state.isWaiting = true;
  assertEquals([listeners.untilQuiet(), listeners.untilQuiet()], [30, 30]);
  state.isWaiting = false;
  assertEquals(listeners.untilQuiet(), 30);
  // It had come before, and is read only now.
  requests.total++;
  assertEquals([listeners.untilQuiet(), listeners.untilQuiet()], [30, 0]);
});

Deno.test("an inherited socket is left to others and never ended, and its connections of TCP are known by the port", () => {
  const { state, listeners, states, system } = setUp([
    { hostname: "127.0.0.1", port: 80, descriptor: 3 },
    { path: "/run/given.sock", descriptor: 4, isInherited: true },
  ]);
  assertEquals(listeners.addresses.map(({ port }) => port), [80]);
  listeners.accept([0]);
  assertEquals(listeners.untilQuiet(), 0, "the kernel tells of TCP when it carried data");
  listeners.accept([0, 1]);
  state.isRefusing = true;
  listeners.refuse();
  assertEquals([states(), state.refused], [["127.0.0.1:80 parked", "/run/given.sock parked"], []]);
  void system.clock.advance(100);
  listeners.check();
  assertEquals(states(), ["127.0.0.1:80 parked", "/run/given.sock parked"], "nor accepted from again");
});

Deno.test("a socket from which it cannot accept for a second is reported once, unless descriptors are lacking", async () => {
  const { system, state, listeners, failing, states } = setUp();
  const tries = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 100) {
      await system.clock.advance(100);
      listeners.check();
    }
  };
  state.failure = new Error("Bad file descriptor");
  state.isFree = false;
  listeners.accept([0]);
  await tries(2_000);
  state.isFree = true;
  await tries(900);
  assertEquals(failing, []);
  await tries(300);
  assertEquals(failing, ["unix:/run/a.sock: Bad file descriptor"]);
  await tries(5_000);
  state.failure = null;
  await tries(100);
  assertEquals([failing.length, states()], [1, ["/run/a.sock accepting"]]);
});

Deno.test("an app with few permissions is not served at a Unix socket", () => {
  assertThrows(
    () => setUp([{ path: "/run/a.sock", descriptor: 7, isInherited: true }], ["read", "net", "env"]),
    DenicornError,
    "cannot listen: fd://7 is a Unix socket, which a worker cannot serve without all permissions: leave out app-permissions",
  );
  setUp(unixSockets);
  setUp([{ hostname: "127.0.0.1", port: 80, descriptor: 7 }], ["read", "net", "env"]);
});

Deno.test("an inherited TCP socket is refused where the runtime cannot open the one that it replaces", () => {
  const tcp = { hostname: "127.0.0.1", port: 8000, descriptor: 3, isInherited: true } as const;
  const { system, listeners } = setUp([tcp]);
  Object.assign(system.network, {
    probe() {
      throw new Deno.errors.PermissionDenied("Operation not permitted (os error 1)");
    },
  });
  assertThrows(
    () => listeners.open(() => assertNever()),
    DenicornError,
    "cannot listen: fd://3 cannot be served, because a worker cannot open a socket on 127.0.0.1 first (Operation not " +
      "permitted): allow that (no SocketBindDeny= in the unit, a loopback interface), or pass a Unix socket",
  );
});

function assertNever(): never {
  throw new Error("nothing is served");
}
