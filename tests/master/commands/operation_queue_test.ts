import { type MasterCommands, Refusal } from "../../../src/control/master_commands.ts";
import { DenicornError } from "../../../src/core/errors.ts";
import type { LifecycleKind } from "../../../src/core/telemetry/lifecycle.ts";
import { EventLog } from "../../../src/master/telemetry/event_log.ts";
import { EventQueue } from "../../../src/master/workers/events.ts";
import { OperationQueue } from "../../../src/master/commands/operation_queue.ts";
import { assert, assertEquals, assertMatch, assertRejects } from "../../assert.ts";
import { FakeClock } from "../../fakes/fake_clock.ts";

/** A master whose commands end when the test says so. */
class FakeMaster implements Omit<MasterCommands, "settings" | "phase" | "handOver" | "lateChanges"> {
  readonly notApplied = [];
  readonly eventLog = new EventLog(new FakeClock());
  readonly begun: string[] = [];
  objection: string | null = null;
  upgradeWaitsFor: string | null = null;
  target = 2;
  workersPerProcess = 1;
  readonly #queue = new EventQueue();

  constructor() {
    this.#queue.run((event) => event.type === "command" && event.begin());
  }

  most = 1024;

  allowed(target: number): number {
    return Math.min(target, this.most);
  }

  objectionTo(): string | null {
    return this.objection;
  }

  post: MasterCommands["post"] = (event) => {
    this.#queue.post(event);
  };

  stop(): void {
    this.emit("stopping");
  }

  recycle(): void {}

  reload(): void {
    this.begun.push("reload");
  }

  reopenLogs(): null {
    return null;
  }

  scale(target: number): void {
    this.begun.push(`scale ${target}`);
    const isNew = target !== this.target;
    this.target = target;
    if (isNew) this.emit("scaled");
  }

  upgrade(): void {
    this.begun.push("upgrade");
  }

  emit(kind: LifecycleKind, error?: DenicornError): void {
    this.eventLog.emit({ kind, text: kind, ...(error === undefined ? {} : { error }) });
  }
}

function setUp() {
  const master = new FakeMaster();
  return { master, operationQueue: new OperationQueue(master as unknown as MasterCommands) };
}

const failure = new DenicornError("app-throws", "it threw", { detail: "at main.ts:1" });

Deno.test("operations run one at a time, and relative targets count from when they begin", async () => {
  const { master, operationQueue } = setUp();
  const reload = operationQueue.run("reload");
  const more = [operationQueue.scale({ by: 1 }), operationQueue.scale({ by: 1 })];
  assertEquals([master.begun, reload.isWaiting, more.map(({ isWaiting }) => isWaiting)], [["reload"], false, [
    true,
    true,
  ]]);
  for (const operation of [reload, ...more]) {
    master.eventLog.notifyIdle();
    await operation.finished;
  }
  assertEquals(master.begun, ["reload", "scale 3", "scale 4"]);
  assertEquals(await more[1]!.finished, "4 workers are ready");
});

Deno.test("a second reload joins one that has not begun, but not one that has", () => {
  const { master, operationQueue } = setUp();
  operationQueue.run("reload");
  const second = operationQueue.run("reload");
  assert(operationQueue.run("reload") === second);
  master.eventLog.notifyIdle();
  assertEquals(master.begun, ["reload", "reload"]);
  assert(operationQueue.run("reload") !== second);
});

Deno.test("a failed reload rejects with the reason, and the next operation begins", async () => {
  const { master, operationQueue } = setUp();
  const reload = operationQueue.run("reload");
  const scale = operationQueue.scale({ to: 5 });
  master.emit("reload-failed", failure);
  const error = await assertRejects(() => reload.finished, DenicornError, "it threw");
  assertEquals([error.code, error.exitCode, error.detail], ["app-throws", 4, "at main.ts:1"]);
  assertEquals([master.begun, scale.isWaiting], [["reload", "scale 5"], false]);
});

Deno.test("scaling ends when a worker cannot boot, not when another one dies", async () => {
  const { master, operationQueue } = setUp();
  const scale = operationQueue.scale({ by: 1 });
  master.emit("worker-died");
  assertEquals(operationQueue.scale({ by: 1 }).isWaiting, true);
  master.emit("worker-died", failure);
  await assertRejects(() => scale.finished, DenicornError, "it threw");
  assertEquals(master.begun, ["scale 3", "scale 4"]);
});

Deno.test("a scale fails if another command changes the target", async () => {
  const { master, operationQueue } = setUp();
  const scale = operationQueue.scale({ to: 4 });
  master.scale(1);
  const error = await assertRejects(() => scale.finished, Refusal);
  assertEquals(error.message, "scaling to 4 workers was superseded: the target is 1 now");
});

Deno.test("scaling out of bounds is malformed, and the queue continues", async () => {
  const { master, operationQueue } = setUp();
  for (const by of [-2, 1023]) {
    const error = await assertRejects(
      () => operationQueue.scale({ by }).finished,
      Refusal,
      "cannot scale from 2 to",
    );
    assertEquals(error.why, "malformed");
  }
  operationQueue.run("reload");
  assertEquals(master.begun, ["reload"]);
});

Deno.test("scaling beyond max-workers is refused, and changes nothing", async () => {
  const { master, operationQueue } = setUp();
  master.most = 4;
  const error = await assertRejects(() => operationQueue.scale({ to: 5 }).finished, Refusal);
  assertEquals(error.message, "cannot scale from 2 to 5 workers: max-workers allows at most 4");
  assertEquals([error.why, master.begun.length], ["conflict", 0]);
});

Deno.test("an operation that cannot begin is refused with the reason", async () => {
  const { master, operationQueue } = setUp();
  master.objection = "an upgrade is in progress";
  const error = await assertRejects(
    () => operationQueue.run("reload").finished,
    Refusal,
    "cannot reload: an upgrade is in progress",
  );
  assertEquals([error.why, master.begun], ["conflict", []]);
});

Deno.test("an upgrade ends when the new master serves or fails, not when this master is idle", async () => {
  const { master, operationQueue } = setUp();
  const failed = operationQueue.run("upgrade");
  master.eventLog.notifyIdle();
  assertEquals(failed.isWaiting, false);
  master.emit("upgrade-failed", new DenicornError("upgrade-failed", "process 7 ended"));
  await assertRejects(() => failed.finished, DenicornError, "process 7 ended");
  const upgrade = operationQueue.run("upgrade");
  const reload = operationQueue.run("reload");
  master.emit("upgraded");
  assertEquals(await upgrade.finished, "upgraded");
  await assertRejects(() => reload.finished, Refusal, "cannot reload: a new master serves: try again");
});

Deno.test("only an upgrade reports what it waits for", () => {
  const { master, operationQueue } = setUp();
  master.upgradeWaitsFor = "a worker is ready";
  assertEquals([operationQueue.run("upgrade").waitsFor, operationQueue.run("reload").waitsFor], [
    "a worker is ready",
    null,
  ]);
});

Deno.test("a stop ends the running and the waiting operations", async () => {
  const { master, operationQueue } = setUp();
  const all = [operationQueue.run("reload"), operationQueue.scale({ to: 3 }), operationQueue.run("upgrade")];
  master.stop();
  for (const { finished } of all) {
    assertMatch(
      (await assertRejects(() => finished, Refusal)).message,
      /^cannot \w+: the server is stopping$/,
    );
  }
  assertEquals(master.begun, ["reload"]);
});
