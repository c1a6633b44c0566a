import { createControlApp } from "../../../src/control/control_app.ts";
import type { MasterCommands } from "../../../src/control/master_commands.ts";
import { DenicornError } from "../../../src/core/errors.ts";
import { openLog } from "../../../src/log/logger.ts";
import { Steering } from "../../../src/master/listeners/steering.ts";
import { Takeover } from "../../../src/master/transitions/takeover.ts";
import type { System } from "../../../src/system/system.ts";
import { assertEquals, assertMatch, assertRejects } from "../../assert.ts";
import { settled } from "../../fakes/fake_clock.ts";
import { fakeRunningMaster } from "../../fakes/fake_commands.ts";
import { FakeSystem } from "../../fakes/fake_system.ts";

/** A new master beside an old one, process 7, whose workers listen on 127.0.0.1:8000. */
function setUp(commands: Partial<MasterCommands> = {}) {
  const outside = new FakeSystem();
  const done: string[] = [];
  const handover = {
    pid: 7,
    addresses: ["127.0.0.1:8000"],
    workers: [71, 72],
    areSent: false,
    target: 3,
    range,
  };
  const old = createControlApp(fakeRunningMaster({
    commands: {
      phase: "upgrading",
      handOver: () => handover,
      post: ({ type }) => void done.push(type),
      lateChanges,
      ...commands,
    },
  }));
  const system: System = Object.assign(outside, {
    network: {
      ...outside.network,
      answers: () => Promise.resolve(true),
      fetchUnix: (_path: string, url: string, init?: RequestInit) => Promise.resolve(old.request(url, init)),
    },
  });
  const options = {
    logLevel: "info",
    logFormat: "text",
    errorLogfile: "-",
    accessLogfile: undefined,
  } as const;
  const { logger } = openLog(system, options, { pid: 1 });
  outside.alive.add(7);
  const steering = new Steering(system, logger, null);
  const begin = async (settings = here) => {
    const oldMaster = { pid: 7, socket: "/run/old.sock", runtimeDirectory: "/run/old", handover };
    const takeover = await Takeover.begin(
      { system, logger, oldMaster, steering, shareInbox: () => {} },
      settings,
    );
    void takeover.released.then(() => done.push("released"));
    return takeover;
  };
  return { outside, begin, done, steering };
}

const lateChanges = { target: 4, areLogsReopened: true };
const range = { min: 2, max: 2, isFixed: true };
const here = {
  bind: [{ hostname: "127.0.0.1", port: 8000 }],
  gracefulTimeout: 30_000,
  shutdownTimeout: 5_000,
  isBindDefault: false,
  drainIdle: 0,
};

Deno.test("a takeover asks the old master to retire, and is over when that is gone", async () => {
  const { outside, begin, done } = setUp();
  const takeover = await begin();
  assertEquals(done, []);
  takeover.reconcile(true, true, () => {});
  takeover.reconcile(true, true, () => {});
  await settled();
  await new Promise((resolve) => setTimeout(resolve));
  assertEquals(done, ["retire", "released"]);
  takeover.tick();
  assertEquals(takeover.inProgress, true);
  outside.alive.delete(7);
  takeover.tick();
  assertEquals(takeover.inProgress, false);
  assertEquals(takeover.inherited?.target, 3);
});

Deno.test("what the old master was asked meanwhile is done by this one", async () => {
  const { begin } = setUp();
  const takeover = await begin();
  const late: unknown[] = [];
  takeover.onRetirement((changes) => void late.push(changes));
  takeover.reconcile(true, true, () => {});
  await takeover.released;
  assertEquals(late, [lateChanges]);
});

Deno.test("the old master is asked to retire when this one has prepared for it", async () => {
  const { begin, done } = setUp();
  const takeover = await begin();
  const prepared = Promise.withResolvers<void>();
  takeover.beforeRetirement(() => {
    done.push("preparing");
    return prepared.promise;
  });
  takeover.reconcile(true, true, () => {});
  await settled();
  assertEquals(done, ["preparing"]);
  prepared.resolve();
  await settled();
  await new Promise((resolve) => setTimeout(resolve));
  assertEquals(done, ["preparing", "retire", "released"]);
});

Deno.test("the successor steers again after the old master has retired, and until that is gone", async () => {
  const { outside, begin, done, steering } = setUp();
  steering.takeOver = () => void done.push("steer");
  const takeover = await begin();
  takeover.tick();
  assertEquals(done, []);
  takeover.reconcile(true, true, () => {});
  await settled();
  await new Promise((resolve) => setTimeout(resolve));
  assertEquals(done, ["steer", "retire", "steer", "released"]);
  takeover.tick();
  assertEquals(done.slice(4), ["steer"]);
  outside.alive.delete(7);
  takeover.tick();
  takeover.tick();
  assertEquals(done.slice(4), ["steer", "steer"]);
});

Deno.test("other addresses are refused: connections to the old ones would be lost", async () => {
  const { begin } = setUp();
  const error = await assertRejects(() => begin({ ...here, bind: [{ hostname: "127.0.0.1", port: 9000 }] }));
  assertMatch(String(error), /bind is 127\.0\.0\.1:9000 and was 127\.0\.0\.1:8000/);
});

Deno.test("an old master without a successor refuses, and its reason is reported", async () => {
  const { outside, begin } = setUp({
    handOver: () => {
      throw new Error("no upgrade is in progress: send USR2 to begin one");
    },
  });
  outside.alive.add(7);
  const error = await assertRejects(() => begin());
  assertMatch(String(error), /cannot ask the server for handover: .*409.*no upgrade is in progress/);
});

Deno.test("an old master that has lost its control socket is asked to retire again", async () => {
  const { outside, begin, done } = setUp();
  const takeover = await begin();
  const { fetchUnix } = outside.network;
  Object.assign(outside.network, {
    answers: () => Promise.resolve(false),
    fetchUnix: () => Promise.reject(new Error("connection refused")),
  });
  takeover.reconcile(true, true, () => {});
  await outside.clock.advance(1_000);
  assertEquals(done, []);
  Object.assign(outside.network, { answers: () => Promise.resolve(true), fetchUnix });
  await outside.clock.advance(1_000);
  await new Promise((resolve) => setTimeout(resolve));
  assertEquals(done, ["retire", "released"]);
});

Deno.test("an old master that fails to retire is only worth a warning", async () => {
  const { outside, begin, done } = setUp({
    post: () => {
      throw new Error("not now");
    },
  });
  const takeover = await begin();
  takeover.reconcile(true, true, () => {});
  await settled();
  await new Promise((resolve) => setTimeout(resolve));
  assertMatch(outside.written.stderr, /warning .*retire.*not now/);
  assertEquals(done, ["released"]);
});

Deno.test("an old master that ends before its answer is sent is not worth a warning", async () => {
  const { outside, begin, done } = setUp();
  const takeover = await begin();
  Object.assign(outside.network, {
    fetchUnix() {
      outside.alive.delete(7);
      return Promise.reject(new Error("connection closed"));
    },
  });
  takeover.reconcile(true, true, () => {});
  await settled();
  await new Promise((resolve) => setTimeout(resolve));
  assertEquals([done, outside.written.stderr], [["released"], ""]);
});

Deno.test("an old master dies first: this one takes over with its first ready worker, and ends the old workers", async () => {
  const { outside, begin, done } = setUp();
  for (const pid of [7, 71, 72]) outside.alive.add(pid);
  const takeover = await begin();
  takeover.reconcile(false, true, () => {});
  assertEquals(takeover.isWaiting, true);
  outside.alive.delete(7);
  outside.alive.delete(71);
  takeover.tick();
  assertMatch(outside.written.stderr, /worker process 71 of the old master is gone/);
  assertMatch(outside.written.stderr, /process 7 died during the upgrade/);
  takeover.reconcile(false, true, () => {});
  assertEquals(outside.signals, ["SIGTERM to 72"]);
  await settled();
  assertEquals(done, ["released"]);
  takeover.tick();
  assertEquals(takeover.inProgress, true);
  await outside.clock.advance(36_000);
  assertEquals(outside.signals, ["SIGTERM to 72", "SIGKILL to 72"]);
  outside.alive.delete(72);
  takeover.tick();
  assertEquals(takeover.inProgress, false);
});

for (const leave of [true, false]) {
  const what = leave
    ? "leave: this one starts in their place, and steers"
    : "do not leave: this one cannot steer";
  Deno.test(`an old master dies before its workers know of this one, and they ${what}`, async () => {
    const { outside, begin, steering } = setUp();
    outside.alive.clear();
    for (const pid of [71, 72]) outside.alive.add(pid);
    const reasons: string[] = [];
    Object.assign(steering, { giveUp: (reason: string) => void reasons.push(reason) });
    Object.defineProperty(steering, "fdInbox", { value: "/run/inbox.sock" });
    let isFree = false;
    Object.assign(outside.network, {
      answers: () => Promise.resolve(false),
      probe() {
        if (!isFree) throw new Deno.errors.AddrInUse("taken");
      },
      listeningOn: () => [{ pid: 71, environment: { DENICORN_WORKER_CHANNEL: "/run/gone.sock" } }],
    });
    const beginning = begin();
    for (let waited = 0; waited < 8_000; waited += 50) {
      if (waited === 1_000) isFree = leave;
      await outside.clock.advance(50);
      await new Promise((resolve) => setTimeout(resolve));
    }
    const takeover = await beginning;
    assertEquals(reasons.length, leave ? 0 : 1, reasons.join());
    takeover.reconcile(false, true, () => {});
    assertEquals(takeover.isWaiting, !leave);
  });
}

Deno.test("an old master dies when it is asked to retire: its workers are ended instead", async () => {
  const { outside, begin } = setUp();
  for (const pid of [7, 71]) outside.alive.add(pid);
  const takeover = await begin();
  takeover.reconcile(true, true, () => {});
  outside.alive.delete(7);
  takeover.tick();
  assertEquals(outside.signals, ["SIGTERM to 71"]);
});

Deno.test("an old master and its workers die before the hand-over: this one waits until the address is free", async () => {
  const { outside, begin, done } = setUp();
  outside.alive.clear();
  let isFree = false;
  Object.assign(outside.network, {
    answers: () => Promise.resolve(false),
    probe() {
      if (!isFree) throw new Deno.errors.AddrInUse("taken");
    },
  });
  const begun = { is: false };
  const beginning = begin();
  void beginning.then(() => begun.is = true);
  await new Promise((resolve) => setTimeout(resolve));
  await outside.clock.advance(100);
  assertEquals(begun.is, false);
  isFree = true;
  await outside.clock.advance(100);
  const takeover = await beginning;
  takeover.reconcile(true, true, () => {});
  await settled();
  assertEquals(done, ["released"]);
  takeover.tick();
  assertEquals(takeover.inProgress, false);
});

Deno.test("an old master dies before the hand-over: its workers serve until this one has a worker", async () => {
  const { outside, begin, done } = setUp();
  Object.assign(outside.network, {
    fetchUnix: () => Promise.reject(new Error("connection refused")),
    probe() {
      throw new Deno.errors.AddrInUse("its workers listen");
    },
  });
  for (const pid of [71, 72]) outside.alive.add(pid);
  const beginning = begin();
  // It may be dying when it is asked.
  await outside.clock.advance(100);
  outside.alive.delete(7);
  await outside.clock.advance(100);
  const takeover = await beginning;
  takeover.tick();
  assertEquals(takeover.isWaiting, true);
  takeover.reconcile(false, true, () => {});
  await settled();
  assertEquals([outside.signals, done], [["SIGTERM to 71", "SIGTERM to 72"], ["released"]]);
});

Deno.test("an old master that lives and does not answer for 2 s makes the new one fail", async () => {
  const { outside, begin } = setUp();
  Object.assign(outside.network, {
    fetchUnix: () => Promise.reject(new Error("connection refused")),
  });
  const failing = assertRejects(() => begin(), DenicornError);
  await outside.clock.advance(3_000);
  assertEquals((await failing).code, "no-server");
});
