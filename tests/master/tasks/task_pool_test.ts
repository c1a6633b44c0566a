import type { Generation } from "../../../src/master/workers/generation.ts";
import { firstSlot } from "../../../src/master/workers/scoreboard.ts";
import type { TaskReport } from "../../../src/protocol/task_messages.ts";
import type { Settings } from "../../../src/settings/settings.ts";
import { assert, assertEquals, assertMatch, assertRejects } from "../../assert.ts";
import { bundled, FakeMaster, type FakeWorker, readyMessage } from "../fake_master.ts";

const bundledWithTasks = async (generation: Generation) => ({ ...await bundled(generation), hasTasks: true });
const listening = { type: "ready", addresses: [] } as const;
const backlog = { waiting: 0, delayed: 0, running: 0, done: 0, dead: 0, oldest: 0, isPaused: false };

class TaskMaster extends FakeMaster {
  constructor(flags: Partial<Record<keyof Settings, string>> = {}, workers = 1) {
    super(workers, bundledWithTasks, flags, { hasTaskSlots: true });
  }

  /** Those that have not ended. */
  get taskWorkers(): FakeWorker[] {
    return this.alive().filter(({ slot }) => slot >= firstSlot("tasks"));
  }

  /** Makes the workers ready that serve requests, then those that run tasks. */
  async serving(): Promise<this> {
    await this.allReady();
    for (const worker of this.taskWorkers) await worker.says(listening);
    return this;
  }
}

function types({ received }: FakeWorker): string[] {
  return received.map(({ type }) => type);
}

function report(waiting: number, running: number): { type: "task-report"; report: TaskReport } {
  return {
    type: "task-report",
    report: { running, backlog: { ...backlog, waiting }, problem: null, tallies: [] },
  };
}

Deno.test("an app with tasks gets a task worker when the first worker serves", async () => {
  const master = new TaskMaster();
  assertEquals(master.taskWorkers, []);
  await master.allReady();
  const [worker] = master.taskWorkers;
  await worker!.says({ type: "loaded" });
  const [load, listen] = worker!.received;
  assert(load?.type === "load");
  const { role, slot, place, listen: addresses, sharedSockets, tasks } = load.config;
  assertEquals({ role, slot, addresses, sharedSockets, runs: tasks?.runs }, {
    role: "tasks",
    slot: 0,
    addresses: [],
    sharedSockets: [],
    runs: true,
  });
  assertEquals(place, firstSlot("tasks"));
  assertEquals(listen?.type, "listen");
  await worker!.says(listening);
  assertMatch(master.log, /task-worker=0 gen=1 pid=\d+ {2}ready after/);
});

Deno.test("workers that serve requests add tasks, and run them only with tasks-in-workers", async () => {
  const runs = async (flags: Partial<Record<keyof Settings, string>>) => {
    const master = await new TaskMaster(flags).serving();
    const [load] = master.alive()[0]!.received;
    assert(load?.type === "load");
    return [load.config.tasks?.runs, master.taskWorkers.length];
  };
  assertEquals(await runs({}), [false, 1]);
  assertEquals(await runs({ tasksInWorkers: "on" }), [true, 0]);
  assertEquals(await runs({ taskWorkers: "3" }), [false, 3]);
});

Deno.test("an app without tasks has no task workers and no task config", async () => {
  const master = new FakeMaster(1);
  await master.allReady();
  const [load] = master.alive()[0]!.received;
  assert(load?.type === "load");
  assertEquals(load.config.tasks, null);
  assertEquals(master.alive().length, 1);
});

Deno.test("tasks that one worker adds wake those that run tasks", async () => {
  const master = await new TaskMaster({ taskWorkers: "2" }).serving();
  await master.alive()[0]!.says({ type: "tasks-added" });
  for (const worker of master.taskWorkers) assertEquals(types(worker).at(-1), "wake-tasks");
  assertEquals(types(master.alive()[0]!).includes("wake-tasks"), false);
});

Deno.test("a task worker that dies is replaced, and another one gives its tasks back", async () => {
  const master = await new TaskMaster({ taskWorkers: "2" }).serving();
  const [victim, other] = master.taskWorkers;
  const [load] = victim!.received;
  assert(load?.type === "load");
  victim!.process.end({ code: 137, signal: "SIGKILL" });
  await master.exits(victim!, 137);
  assertMatch(master.log, /task-worker=0 gen=1 pid=\d+ {2}.*SIGKILL/);
  assertEquals(other!.received.at(-1), { type: "release-tasks", owner: load.config.tasks!.owner });
  assertEquals(master.taskWorkers.length, 2);
});

Deno.test("the tasks of a dead worker are given back by the next one, if the one that was told dies, too", async () => {
  const master = await new TaskMaster({ taskWorkers: "3" }).serving();
  const [first, second, third] = master.taskWorkers;
  const owners = [first!, second!].map(({ received: [load] }) =>
    load?.type === "load" ? load.config.tasks?.owner : undefined
  );
  await master.exits(first!, 137);
  await master.exits(second!, 137);
  const released = third!.received.filter(({ type }) => type === "release-tasks");
  assertEquals(released, owners.map((owner = "") => ({ type: "release-tasks", owner })));
});

Deno.test("at a quick stop task workers give their tasks back, and are killed if that takes too long", async () => {
  for (const signals of [["SIGINT"], ["SIGTERM", "SIGTERM"]] as const) {
    const master = await new TaskMaster({ taskWorkers: "2" }).serving();
    const [quick, slow] = master.taskWorkers;
    for (const signal of signals) await master.signal(signal);
    assertEquals(master.alive().length, 2);
    for (const worker of [quick!, slow!]) assertEquals(types(worker).at(-1), "give-back-tasks");
    await master.exits(quick!, 0);
    assertEquals(master.alive(), [slow!]);
    await master.system.clock.advance(1_500);
    assertEquals([master.alive(), master.outcome], [[], null]);
  }
});

Deno.test("at a quick stop a task worker that is about to be ready gives its tasks back, too", async () => {
  const master = await new TaskMaster({ taskWorkers: "2" }).serving();
  const [first, second] = master.taskWorkers;
  await master.exits(first!, 1);
  await master.exits(second!, 1);
  await master.system.clock.advance(1_000);
  const [loaded, booting] = master.taskWorkers;
  await loaded!.says({ type: "loaded", addresses: [] });
  await master.signal("SIGINT");
  assertEquals(types(loaded!).at(-1), "give-back-tasks");
  assertEquals(master.alive(), [loaded!], `${types(booting!)}`);
  await master.exits(loaded!, 0);
  assertEquals([master.alive(), master.outcome], [[], null]);
  assertEquals(/failed|error/i.exec(master.log.split("stopping now")[1]!), null);
});

Deno.test("task workers that die again and again do not end the server", async () => {
  const master = await new TaskMaster().serving();
  for (let death = 0; death < 10; death++) {
    for (const worker of master.taskWorkers) await master.exits(worker, 1);
    await master.system.clock.advance(1_000);
  }
  assertEquals(master.outcome, "running");
  assertEquals(master.arbiter.phase, "running");
});

Deno.test("a backlog adds a task worker at once", async () => {
  const flags = { minTaskWorkers: "2", maxTaskWorkers: "4", taskConcurrency: "1" };
  const master = new TaskMaster(flags);
  await master.serving();
  assertEquals(master.taskWorkers.length, 2);
  await master.taskWorkers[0]!.says(report(18, 1));
  assertEquals(master.taskWorkers.length, 3);
  assertMatch(master.log, /task workers: 2 -> 3: 18 tasks waiting, more than task-backlog 10/);
  await master.taskWorkers[0]!.says(report(18, 1));
  assertEquals(master.taskWorkers.length, 3, "the third has not taken tasks yet");
  await master.taskWorkers[2]!.says(listening);
  await master.taskWorkers[0]!.says(report(17, 1));
  assertEquals(master.taskWorkers.length, 4);
});

Deno.test("a reload replaces task workers, new before old", async () => {
  const master = await new TaskMaster().serving();
  const [old] = master.taskWorkers;
  await master.signal("SIGHUP");
  await master.alive(2)[0]!.says(readyMessage);
  const [next] = master.taskWorkers.filter(({ generation }) => generation === 2);
  assert(next !== undefined);
  assertEquals(types(old!).includes("drain"), false);
  await next.says(listening);
  assertEquals(types(old!).at(-1), "drain");
});

Deno.test("WINCH drains the task workers as well, and a reload brings them back", async () => {
  const master = await new TaskMaster().serving();
  const [server, taskWorker] = master.alive();
  await master.signal("SIGWINCH");
  assertEquals([types(server!).at(-1), types(taskWorker!).at(-1)], ["drain", "drain"]);
  for (const worker of [server!, taskWorker!]) await master.exits(worker, 0);
  assertEquals(master.alive(), []);
  await master.signal("SIGHUP");
  await master.serving();
  assertEquals(master.taskWorkers.length, 1);
});

Deno.test("a stop drains the task workers, too, and waits for them", async () => {
  const master = await new TaskMaster().serving();
  const [server, taskWorker] = master.alive();
  await master.signal("SIGTERM");
  assertEquals([types(server!).at(-1), types(taskWorker!).at(-1)], ["drain", "drain"]);
  await master.exits(server!, 0);
  assertEquals(master.outcome, "running");
  await master.exits(taskWorker!, 0);
  assertEquals(master.outcome, null);
});

Deno.test("what an operator asks goes to a task worker, whose answer counts", async () => {
  const master = await new TaskMaster().serving();
  const [server, worker] = master.alive();
  const answer = master.arbiter.tasks.ask({ do: "counts" });
  const asked = worker!.received.at(-1);
  assert(asked?.type === "task-request");
  await server!.says({ type: "task-answer", number: asked.number, answer: "forged" });
  await worker!.says({ type: "task-answer", number: asked.number, answer: "{}" });
  assertEquals(await answer, "{}");
  const failing = master.arbiter.tasks.ask({ do: "show", id: "7" });
  await worker!.says({ type: "task-answer", number: asked.number + 1, failure: "there is no task 7" });
  assertEquals((await assertRejects(() => failing) as Error).message, "there is no task 7");
});

Deno.test("a worker that ends before it answers fails the command", async () => {
  const master = await new TaskMaster().serving();
  const answer = assertRejects(() => master.arbiter.tasks.ask({ do: "counts" }));
  await master.exits(master.taskWorkers[0]!, 1);
  assertMatch((await answer as Error).message, /^cannot reach the tasks: worker process \d+ ended/);
});

Deno.test("an app without tasks has none to ask for", async () => {
  const master = new FakeMaster(1);
  await master.allReady();
  const error = await assertRejects(() => master.arbiter.tasks.ask({ do: "counts" })) as Error;
  assertMatch(error.message, /no worker of an app with tasks is ready/);
});
