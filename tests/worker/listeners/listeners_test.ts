import type { WorkerConfig } from "../../../src/protocol/messages.ts";
import type { Serve } from "../../../src/system/system.ts";
import { Listeners } from "../../../src/worker/listeners/listeners.ts";
import { assertEquals, assertThrows } from "../../assert.ts";
import { FakeSystem } from "../../fakes/fake_system.ts";

const config = {
  listen: [{ hostname: "127.0.0.1", port: 80 }, { hostname: "127.0.0.1", port: 81 }],
  backlog: 16,
  fdInbox: 21,
} as unknown as WorkerConfig;

/** A worker whose sockets are numbers: those in `listening` are open and listen. */
function fakeWorker() {
  const system = new FakeSystem();
  const listening = new Set<number>();
  const log: string[] = [];
  const state = {
    limit: 100,
    free: 100,
    isIdle: false,
    next: 7,
    taken: -1,
    silent: 1,
    tooNew: 0,
    areKept: false,
  };
  system.sockets = {
    ...system.sockets,
    isListening: (descriptor) => listening.has(descriptor),
    keep(descriptor) {
      if (!state.areKept) throw new Error("none");
      listening.add(descriptor + 100);
      return descriptor + 100;
    },
    swap: (descriptor, kept) => void log.push(`${kept} at ${descriptor}`),
    close(descriptor) {
      log.push(`release ${descriptor}`);
      listening.delete(descriptor);
    },
    endIdle(_ports, count, silentOnly) {
      log.push(`end ${count} ${silentOnly ? "silent" : "idle"}`);
      return { ended: state.silent, tooNew: state.tooNew };
    },
    listeners: () => [...listening].map((descriptor) => ({ descriptor, port: 80 })),
  };
  system.openFiles = {
    ...system.openFiles,
    limit: () => ({ soft: state.limit, hard: state.limit }),
    hasAvailable: (count) => count <= state.free,
  };
  system.descriptors = {
    ...system.descriptors,
    sendOver: (outlet, descriptors) => void log.push(`${descriptors} to ${outlet}`),
  };
  const serve: Serve = ({ address }) => {
    if (address.port === state.taken) throw new Deno.errors.AddrInUse("used");
    const descriptor = state.next++;
    listening.add(descriptor);
    return {
      address,
      stopAccepting() {
        log.push(`close ${descriptor}`);
        listening.delete(descriptor);
        return Promise.resolve();
      },
    };
  };
  const served = config.listen.map((address) => ({ address, serve }));
  const listeners = new Listeners(system, config, {
    serving: { isCompressing: false, onError: () => new Response() },
    ports: () => new Set(config.listen.map(({ port }) => port)),
    isIdle: () => state.isIdle,
    onScarce: (isScarce) => log.push(isScarce ? "scarce" : "enough"),
    onLost: (isFull) => log.push(isFull ? "lost: full" : "lost"),
    endKept: (count) => log.push(`end ${count} kept`),
    onAvailable: () => log.push("available"),
  });
  const check = async () => {
    await system.clock.advance(500);
    listeners.check();
    return log.splice(0).join(", ");
  };
  return { system, listeners, listening, served, state, log, check };
}

Deno.test("the listening sockets are opened in the order of the addresses and copied to the master", () => {
  const { listeners, served, log } = fakeWorker();
  assertEquals(listeners.open(served), undefined);
  assertEquals([log, listeners.isShared, listeners.descriptors], [["7,8 to 21"], true, [7, 8]]);
  assertEquals(listeners.addresses, [...config.listen]);
});

Deno.test("a failure to copy them is reported, and the worker serves", () => {
  const { system, listeners, served } = fakeWorker();
  system.sockets = { ...system.sockets, listeners: () => [] };
  assertEquals(listeners.open(served), "the listening sockets were not found");
  assertEquals(listeners.isShared, false);
});

Deno.test("if one address fails the listeners of the others do not stay open without the master", () => {
  const { listeners, served, listening, state, log } = fakeWorker();
  state.taken = 81;
  assertThrows(() => listeners.open(served), Error, "127.0.0.1:81 is in use");
  assertEquals([log, [...listening], listeners.descriptors], [["close 7"], [], []]);
  state.taken = -1;
  assertEquals(listeners.open(served), undefined);
  assertEquals(listeners.descriptors, [8, 9]);
});

Deno.test("an address that cannot be listened on is an error that an operator can act on", () => {
  const system = new FakeSystem();
  const serve = () => {
    throw new Deno.errors.AddrInUse("used");
  };
  const served = config.listen.map((address) => ({ address, serve }));
  const listeners = new Listeners(system, config, {
    serving: { isCompressing: false, onError: () => new Response() },
    ports: () => new Set(config.listen.map(({ port }) => port)),
    isIdle: () => true,
    onScarce: () => {},
    onLost: () => {},
    endKept: () => {},
    onAvailable: () => {},
  });
  assertThrows(() => listeners.open(served), Error, "127.0.0.1:80 is in use");
});

Deno.test("a lost listener is reported once, then file descriptors are awaited to listen again", async () => {
  const { listeners, served, listening, state, log, check } = fakeWorker();
  assertEquals(await check(), "");
  listeners.open(served);
  log.splice(0);
  assertEquals(await check(), "");
  listening.delete(8);
  state.free = 3;
  // All listeners of a worker go together.
  assertEquals(await check(), "close 7, lost: full");
  assertEquals([listeners.isShared, await check()], [false, "end 16 silent"]);
  state.isIdle = true;
  assertEquals(await check(), "end 16 idle");
  state.free = 100;
  assertEquals([await check(), await check()], ["available", "available"]);
  listeners.open(served);
  log.splice(0);
  assertEquals(await check(), "");
  listening.clear();
  assertEquals([await check(), await check()], ["", "lost, available"]);
});

Deno.test("sockets that the runtime has closed go on listening, and are accepted from again", async () => {
  const { listeners, served, listening, state, log, check } = fakeWorker();
  state.areKept = true;
  listeners.open(served);
  log.splice(0);
  listening.delete(8);
  state.free = 3;
  assertEquals([await check(), await check()], ["end 16 silent", "end 16 silent"]);
  state.free = 100;
  assertEquals([await check(), await check()], ["108 at 9", ""]);
  // Nothing has changed for the master.
  assertEquals([listeners.isShared, listeners.descriptors], [true, [7, 9]]);
  assertEquals(listeners.addresses, [...config.listen]);
  listeners.ignore();
  assertEquals(log.splice(0), ["release 107", "release 108"]);
});

Deno.test("kept sockets from which no server can accept are lost like others", async () => {
  const { system, listeners, served, listening, state, log, check } = fakeWorker();
  state.areKept = true;
  listeners.open(served);
  log.splice(0);
  Object.assign(system.sockets, {
    swap() {
      throw new Error("no epoll instance");
    },
  });
  listening.delete(8);
  assertEquals(
    [await check(), await check()],
    ["close 9", "close 7, release 107, release 108, lost, available"],
  );
});

Deno.test("a worker that stops while the runtime has closed its sockets leaves them by the kept ones", async () => {
  const { listeners, served, listening, state, log, check } = fakeWorker();
  state.areKept = true;
  listeners.open(served);
  listening.delete(7);
  listening.delete(8);
  state.free = 3;
  await check();
  log.splice(0);
  listeners.ignore();
  assertEquals([listeners.descriptors, log.splice(0)], [[107, 108], []]);
  listeners.forget();
  assertEquals([listeners.descriptors, log], [[], ["release 107", "release 108"]]);
});

Deno.test("listeners that the master has closed, as its message says a moment later, are not lost", async () => {
  const { listeners, served, listening, log, check } = fakeWorker();
  listeners.open(served);
  log.splice(0);
  listening.clear();
  assertEquals(await check(), "");
  listeners.ignore();
  assertEquals([await check(), await check()], ["", ""]);
});

Deno.test("while too few descriptors are free, connections without a request are ended to keep the listener", async () => {
  const { listeners, served, state, log, check } = fakeWorker();
  listeners.open(served);
  log.splice(0);
  state.free = 15;
  assertEquals(await check(), "end 16 silent");
  state.isIdle = true;
  assertEquals(await check(), "end 16 idle");
  state.free = 16;
  assertEquals(await check(), "");
});

Deno.test("an eighth of the limit is kept free, 256 at most", async () => {
  const { listeners, served, state, log, check } = fakeWorker();
  listeners.open(served);
  log.splice(0);
  state.limit = 800;
  state.free = 100;
  assertEquals(await check(), "");
  state.free = 99;
  assertEquals(await check(), "end 16 silent");
  state.limit = 1_048_576;
  state.free = 255;
  assertEquals(await check(), "end 16 silent");
  state.free = 256;
  assertEquals(await check(), "");
});

Deno.test("if no connection can be ended, each ends after its next response, until enough descriptors are free", async () => {
  const { listeners, served, state, log, check } = fakeWorker();
  listeners.open(served);
  log.splice(0);
  state.free = 15;
  state.silent = 0;
  assertEquals([await check(), await check()], ["end 16 silent, scarce", "end 16 silent, end 16 kept"]);
  // The last look at all connections may not have seen silent ones that were made since.
  state.tooNew = 1;
  assertEquals([await check(), await check()], ["end 16 silent", "end 16 silent"]);
  state.free = 16;
  assertEquals([await check(), await check()], ["enough", ""]);
});

Deno.test("silent connections that are too new to end cost no other one, unless they are still there later", async () => {
  const { listeners, served, state, log, check } = fakeWorker();
  listeners.open(served);
  log.splice(0);
  state.free = 15;
  [state.silent, state.tooNew] = [0, 300];
  assertEquals(await check(), "end 16 silent");
  [state.silent, state.tooNew] = [16, 0];
  assertEquals(await check(), "end 16 silent");
  [state.silent, state.tooNew] = [0, 1];
  assertEquals([await check(), await check()], ["end 16 silent", "end 16 silent, scarce"]);
});

Deno.test("listeners that are closed on purpose are not lost", async () => {
  const { listeners, served, listening, log, check } = fakeWorker();
  listeners.open(served);
  log.splice(0);
  listeners.ignore();
  listening.clear();
  assertEquals(await check(), "");
});
