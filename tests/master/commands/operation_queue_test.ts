import { Refusal } from "../../../src/control/commands.ts";
import { DenicornError } from "../../../src/core/errors.ts";
import type { LifecycleKind } from "../../../src/core/telemetry/lifecycle.ts";
import { EventLog } from "../../../src/master/telemetry/event_log.ts";
import { EventQueue } from "../../../src/master/workers/event_queue.ts";
import type { MasterEvent } from "../../../src/master/workers/events.ts";
import { type Operable, OperationQueue } from "../../../src/master/commands/operation_queue.ts";
import { assert, assertEquals, assertMatch, assertRejects } from "../../assert.ts";
import { FakeClock } from "../../fakes/fake_clock.ts";

/** A master that does what it is told when the test says so. */
class FakeMaster implements Operable {
  readonly eventLog = new EventLog(new FakeClock());
  readonly begun: string[] = [];
  objection: string | null = null;
  upgradeObstacle: string | null = null;
  target = 2;
  readonly #queue = new EventQueue<MasterEvent>();

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

  post(event: MasterEvent): void {
    this.#queue.post(event);
  }

  stop(): void {
    this.tell("stopping");
  }

  reload(): void {
    this.begun.push("reload");
  }

  reopenLogs(): void {}

  scale(target: number): void {
    this.begun.push(`scale ${target}`);
    const isNew = target !== this.target;
    this.target = target;
    if (isNew) this.tell("scaled");
  }

  upgrade(): void {
    this.begun.push("upgrade");
  }

  tell(kind: LifecycleKind, error?: DenicornError): void {
    this.eventLog.emit({ kind, text: kind, ...(error === undefined ? {} : { error }) });
  }
}

function scene() {
  const master = new FakeMaster();
  return { master, operationQueue: new OperationQueue(master) };
}

const failure = new DenicornError("app-throws", "it threw", { detail: "at main.ts:1" });

Deno.test("operations have their turn one after another, and relative targets count from then", async () => {
  const { master, operationQueue } = scene();
  const reload = operationQueue.reload();
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

Deno.test("a reload that has not begun serves for another one, one that has does not", () => {
  const { master, operationQueue } = scene();
  operationQueue.reload();
  const second = operationQueue.reload();
  assert(operationQueue.reload() === second);
  master.eventLog.notifyIdle();
  assertEquals(master.begun, ["reload", "reload"]);
  assert(operationQueue.reload() !== second);
});

Deno.test("a failed reload gives the reason as it is, and the next one has its turn", async () => {
  const { master, operationQueue } = scene();
  const reload = operationQueue.reload();
  const scale = operationQueue.scale({ to: 5 });
  master.tell("reload-failed", failure);
  const error = await assertRejects(() => reload.finished, DenicornError, "it threw");
  assertEquals([error.code, error.exitCode, error.detail], ["app-throws", 4, "at main.ts:1"]);
  assertEquals([master.begun, scale.isWaiting], [["reload", "scale 5"], false]);
});

Deno.test("scaling ends when a worker cannot boot, not when another one dies", async () => {
  const { master, operationQueue } = scene();
  const scale = operationQueue.scale({ by: 1 });
  master.tell("worker-died");
  assertEquals(operationQueue.scale({ by: 1 }).isWaiting, true);
  master.tell("worker-died", failure);
  await assertRejects(() => scale.finished, DenicornError, "it threw");
  assertEquals(master.begun, ["scale 3", "scale 4"]);
});

Deno.test("scaling that somebody else scales over is superseded", async () => {
  const { master, operationQueue } = scene();
  const scale = operationQueue.scale({ to: 4 });
  master.scale(1);
  const error = await assertRejects(() => scale.finished, Refusal);
  assertEquals(error.message, "scaling to 4 was superseded: 1 workers are wanted now");
});

Deno.test("scaling out of bounds is malformed, and blocks nobody", async () => {
  const { master, operationQueue } = scene();
  for (const by of [-2, 1023]) {
    const error = await assertRejects(
      () => operationQueue.scale({ by }).finished,
      Refusal,
      "cannot scale from 2 to",
    );
    assertEquals(error.why, "malformed");
  }
  operationQueue.reload();
  assertEquals(master.begun, ["reload"]);
});

Deno.test("scaling beyond what automatic scaling may is refused, and changes nothing", async () => {
  const { master, operationQueue } = scene();
  master.most = 4;
  const error = await assertRejects(() => operationQueue.scale({ to: 5 }).finished, Refusal);
  assertEquals(error.message, "cannot scale from 2 to 5 workers: 4 is the most, by max-workers");
  assertEquals([error.why, master.begun.length], ["conflict", 0]);
});

Deno.test("what cannot begin is refused with the reason", async () => {
  const { master, operationQueue } = scene();
  master.objection = "an upgrade is under way";
  const error = await assertRejects(
    () => operationQueue.reload().finished,
    Refusal,
    "cannot reload: an upgrade is under way",
  );
  assertEquals([error.why, master.begun], ["conflict", []]);
});

Deno.test("an upgrade ends with the word of the new master or its end, and not because all is at rest", async () => {
  const { master, operationQueue } = scene();
  const failed = operationQueue.upgrade();
  master.eventLog.notifyIdle();
  assertEquals(failed.isWaiting, false);
  master.tell("upgrade-failed", new DenicornError("upgrade-failed", "process 7 ended"));
  await assertRejects(() => failed.finished, DenicornError, "process 7 ended");
  const upgrade = operationQueue.upgrade();
  const reload = operationQueue.reload();
  master.tell("upgraded");
  assertEquals(await upgrade.finished, "upgraded");
  await assertRejects(() => reload.finished, Refusal, "cannot reload: a new master serves: ask again");
});

Deno.test("an upgrade that has its turn tells what it waits for, others do not", () => {
  const { master, operationQueue } = scene();
  master.upgradeObstacle = "a worker is ready";
  assertEquals([operationQueue.upgrade().obstacle, operationQueue.reload().obstacle], [
    "a worker is ready",
    null,
  ]);
});

Deno.test("a stop ends what runs and what waits", async () => {
  const { master, operationQueue } = scene();
  const all = [operationQueue.reload(), operationQueue.scale({ to: 3 }), operationQueue.upgrade()];
  master.stop();
  for (const { finished } of all) {
    assertMatch(
      (await assertRejects(() => finished, Refusal)).message,
      /^cannot \w+: the server is stopping$/,
    );
  }
  assertEquals(master.begun, ["reload"]);
});
