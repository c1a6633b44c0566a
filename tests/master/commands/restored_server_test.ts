import { ClientRequests } from "../../../src/control/client_requests.ts";
import { openLog } from "../../../src/log/logger.ts";
import { RestoredServer } from "../../../src/master/commands/restored_server.ts";
import { assertEquals, assertMatch, assertRejects } from "../../assert.ts";
import { FakeSystem } from "../../fakes/fake_system.ts";

/** A server whose listener is lost, and whose opening fails, when the test says so. */
function setUp() {
  const system = new FakeSystem();
  const state = {
    requests: null as ClientRequests | null,
    free: 100,
    opened: 0,
    stopped: 0,
    isLost: false,
    fails: false,
  };
  system.openFiles = {
    ...system.openFiles,
    limit: () => ({ soft: 100, hard: 100 }),
    hasAvailable: (count) => count <= state.free,
  };
  const config = { logLevel: "info", logFormat: "text", errorLogfile: "-", accessLogfile: null } as const;
  const { logger } = openLog(system, config, { pid: 41 });
  const server = new RestoredServer(system, logger, "admin address 127.0.0.1:9000", () => {
    if (state.fails) throw new Error("in use");
    state.isLost = false;
    const number = ++state.opened;
    return {
      requests: state.requests = new ClientRequests(system.clock),
      isListening: () => !state.isLost && number === state.opened,
      stopAccepting: () => Promise.resolve(void state.stopped++),
    };
  });
  return {
    system,
    state,
    server,
    log: () => system.written.stderr.trimEnd().split("\n").filter((line) => line !== ""),
  };
}

Deno.test("a server that cannot be opened says so", async () => {
  const { server, state, system } = setUp();
  state.fails = true;
  await assertRejects(() => server.open(), Error, "in use");
  assertEquals([server.isListening, system.clock.timers], [false, 0]);
});

Deno.test("a lost listener is opened again when descriptors are available, and logged once each way", async () => {
  const { system, state, server, log } = setUp();
  await server.open();
  await system.clock.advance(10_000);
  assertEquals([state.opened, log()], [1, []]);
  for (let round = 1; round <= 2; round++) {
    state.isLost = true;
    state.free = 3;
    await system.clock.advance(10_000);
    // Closing the idle connections of the old server frees descriptors.
    assertEquals([state.opened, state.stopped, server.isListening, log().length], [
      round,
      round,
      false,
      2 * round - 1,
    ]);
    assertMatch(
      log().at(-1)!,
      /warning .*admin address 127\.0\.0\.1:9000 accepts no connections: the master may have 100 files open: raise/,
    );
    state.free = 100;
    state.fails = true;
    await system.clock.advance(10_000);
    assertEquals([state.opened, log().length], [round, 2 * round - 1], "it is tried again without a word");
    state.fails = false;
    await system.clock.advance(500);
    assertEquals([state.opened, server.isListening], [round + 1, true]);
    assertMatch(log().at(-1)!, /info .*admin address 127\.0\.0\.1:9000 accepts connections again/);
  }
});

Deno.test("a server that was closed stays closed", async () => {
  const { system, state, server, log } = setUp();
  await server.open();
  server.close();
  await system.clock.advance(10_000);
  assertEquals([state.opened, state.stopped, system.clock.timers, log()], [1, 1, 0, []]);
});

Deno.test("a server is handed over: it closes when clients have moved, and have been answered", async () => {
  const { system, state, server } = setUp();
  await server.open();
  const answer = Promise.withResolvers<Response>();
  const handle = state.requests!.count(() => answer.promise);
  let haveMoved = false;
  let isOver = false;
  void server.handOver(() => haveMoved).then(() => isOver = true);
  await system.clock.advance(1_000);
  assertEquals([state.stopped, isOver], [0, false]);
  const late = handle(new Request("http://localhost/"));
  haveMoved = true;
  await system.clock.advance(500);
  assertEquals(state.stopped, 0, "a request is in flight");
  answer.resolve(new Response("here"));
  assertEquals((await late).headers.get("connection"), "close");
  await system.clock.advance(200);
  assertEquals(state.stopped, 0, "another client may have connected and not sent its request yet");
  await system.clock.advance(100);
  assertEquals([state.stopped, isOver, system.clock.timers], [1, true, 0]);
});

Deno.test("a client that asks without a pause, or never moves, does not keep a server open", async () => {
  for (const haveMoved of [true, false]) {
    const { system, state, server } = setUp();
    await server.open();
    void state.requests!.count(() => new Promise<Response>(() => {}))(new Request("http://localhost/"));
    void server.handOver(() => haveMoved);
    await system.clock.advance(1_900);
    assertEquals(state.stopped, 0);
    await system.clock.advance(200);
    assertEquals([state.stopped, system.clock.timers], [1, 0]);
  }
});
