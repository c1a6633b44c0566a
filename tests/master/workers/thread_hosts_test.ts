import { openLog } from "../../../src/log/logger.ts";
import { FrameDecoder } from "../../../src/protocol/framing.ts";
import type { Generation } from "../../../src/master/workers/generation.ts";
import { ThreadHosts } from "../../../src/master/workers/thread_hosts.ts";
import { WorkerHandle } from "../../../src/master/workers/worker_handle.ts";
import { WorkerTable } from "../../../src/master/workers/worker_table.ts";
import type { Connection, ExitStatus } from "../../../src/system/system.ts";
import { assertEquals, assertMatch } from "../../assert.ts";
import { FakeProcess, FakeSystem } from "../../fakes/fake_system.ts";
import { resolve } from "../../settings/resolving.ts";

/** A master with processes of two threads each. */
class Hosts {
  readonly system = new FakeSystem();
  readonly workerTable = new WorkerTable();
  readonly processes: FakeProcess[] = [];
  readonly tokens: string[] = [];
  readonly sent: unknown[] = [];
  readonly generation: Generation = {
    number: 1,
    settings: resolve({ args: ["-k", "threads", "--threads", "2", "app.ts"] }).settings,
    notApplied: [],
    directory: "/srv",
    bundle: null,
  };
  readonly hosts = new ThreadHosts({
    system: this.system,
    logger:
      openLog(this.system, { logLevel: "info", logFormat: "text", errorLogfile: "-" }, { pid: 41 }).logger,
    workerTable: this.workerTable,
    start: (_slot, _generation, token) => {
      this.tokens.push(token);
      const process = new FakeProcess(100 + this.processes.length);
      this.processes.push(process);
      return process;
    },
  });

  open(slot: number, generation = this.generation): WorkerHandle {
    const { process, token, fdPair } = this.hosts.open(slot, generation, false);
    const worker = new WorkerHandle(slot, generation, process, this.system.clock.monotonic(), fdPair);
    this.workerTable.add(worker, token);
    return worker;
  }

  connect(index: number) {
    const decoder = new FrameDecoder();
    const send = (bytes: Uint8Array) => {
      this.sent.push(...decoder.push(bytes as Uint8Array<ArrayBuffer>));
      return Promise.resolve();
    };
    return this.hosts.link(this.tokens[index]!, { send } as unknown as Connection)!;
  }
}

async function statusOf({ process }: WorkerHandle): Promise<ExitStatus | "runs"> {
  return await Promise.race([
    process.exited,
    new Promise<"runs">((resolve) => setTimeout(() => resolve("runs"), 0)),
  ]);
}

Deno.test("a process is started when no other has a place, and each generation has its own", () => {
  const master = new Hosts();
  const workers = [0, 1, 2].map((slot) => master.open(slot));
  const other = master.open(3, { ...master.generation, number: 2 });
  assertEquals([...workers, other].map(({ process }) => process.pid), [100, 100, 101, 102]);
  assertEquals(workers.map(({ process }) => process.thread?.number), [0, 1, 0]);
  assertEquals(workers[1]!.identity, { worker: 1, gen: 1, pid: 100, thread: 1 });
  assertEquals(master.hosts.expected, 3);
});

Deno.test("a process gets the threads to start when it connects, and its token works once", () => {
  const master = new Hosts();
  const workers = [0, 1].map((slot) => master.open(slot));
  master.connect(0);
  assertEquals(master.sent, [
    { type: "start-thread", place: 0, token: "token-2" },
    { type: "start-thread", place: 1, token: "token-3" },
  ]);
  assertEquals(master.hosts.link(master.tokens[0]!, {} as Connection), null);
  assertEquals(master.hosts.expected, 0);
  assertEquals(workers.map(({ process }) => process.thread?.count), [2, 2]);
});

Deno.test("a thread ends alone, and its place is used again", async () => {
  const master = new Hosts();
  const [first, second] = [0, 1].map((slot) => master.open(slot)) as [WorkerHandle, WorkerHandle];
  const link = master.connect(0);
  link.receive({ type: "thread-started", place: 0, id: 4242 });
  assertEquals(first.process.thread?.id, 4242);
  link.receive({ type: "thread-ended", place: 0, code: 3 });
  assertEquals(await statusOf(first), { code: 3, signal: null });
  assertEquals(await statusOf(second), "runs");
  master.workerTable.remove(first);
  assertEquals(master.open(0).process.thread?.number, 0);
});

Deno.test("the last thread ends when its process has", async () => {
  const master = new Hosts();
  const worker = master.open(0);
  const link = master.connect(0);
  link.receive({ type: "thread-ended", place: 0, code: 0 });
  assertEquals(master.sent.at(-1), { type: "exit" });
  assertEquals(await statusOf(worker), "runs");
  master.processes[0]!.end({ code: 0, signal: null });
  assertEquals(await statusOf(worker), { code: 0, signal: null });
  assertEquals(master.open(0).process.pid, 101);
});

Deno.test("a thread that does not end retires its process, which is killed when the others have ended", async () => {
  const master = new Hosts();
  const [first, second] = [0, 1].map((slot) => master.open(slot)) as [WorkerHandle, WorkerHandle];
  const link = master.connect(0);
  first.process.kill("SIGKILL");
  assertEquals(master.sent.at(-1), { type: "end-thread", place: 0 });
  // Its replacement does not come into the same process.
  const third = master.open(2);
  assertEquals(third.process.pid, 101);
  assertEquals(second.isDueForRecycling, false);
  await master.system.clock.advance(1_000);
  assertEquals([second.isDueForRecycling, third.isDueForRecycling], [true, false]);
  assertMatch(master.system.written.stderr, /thread 0 of process 100 does not end, so the process has to/);
  assertEquals(master.processes[0]!.signals, []);
  link.receive({ type: "thread-ended", place: 1, code: 0 });
  assertEquals(master.processes[0]!.signals, ["SIGKILL"]);
  master.processes[0]!.end({ code: 137, signal: "SIGKILL" });
  assertEquals(await statusOf(first), { code: 137, signal: "SIGKILL" });
  assertEquals(await statusOf(second), { code: 0, signal: null });
});

Deno.test("a process all of whose threads are killed is killed, and one that dies ends them all", async () => {
  const master = new Hosts();
  const workers = [0, 1].map((slot) => master.open(slot));
  master.connect(0);
  workers.forEach(({ process }) => process.kill("SIGKILL"));
  assertEquals(master.processes[0]!.signals, ["SIGKILL"]);
  const others = [2, 3].map((slot) => master.open(slot));
  master.processes[1]!.end({ code: 133, signal: "SIGTRAP" });
  assertEquals(await Promise.all(others.map(statusOf)), [0, 1].map(() => ({ code: 133, signal: "SIGTRAP" })));
});

Deno.test("a process that got a signal to finish gets no more threads, and those it has are replaced", () => {
  const master = new Hosts();
  const worker = master.open(0);
  master.connect(0).receive({ type: "draining" });
  assertEquals(worker.isDueForRecycling, true);
  assertEquals(master.open(1).process.pid, 101);
});

Deno.test("a process in which many threads have ended is replaced", () => {
  const master = new Hosts();
  const lasting = master.open(0);
  const link = master.connect(0);
  for (let count = 0; count < 200; count++) {
    assertEquals(lasting.isDueForRecycling, false);
    const worker = master.open(1);
    assertEquals(worker.process.pid, 100);
    link.receive({ type: "thread-ended", place: 1, code: 0 });
    master.workerTable.remove(worker);
  }
  assertEquals(lasting.isDueForRecycling, true);
  assertEquals(master.open(1).process.pid, 101);
});

Deno.test("a process that says what it cannot know is killed", () => {
  for (const message of [{ type: "thread-ended", place: 1, code: 0 }, { type: "closed" }] as const) {
    const master = new Hosts();
    master.open(0);
    master.connect(0).receive(message);
    assertEquals(master.processes[0]!.signals, ["SIGKILL"]);
  }
});
