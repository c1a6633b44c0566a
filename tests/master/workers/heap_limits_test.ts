import { openLog } from "../../../src/log/logger.ts";
import { limitedCommands } from "../../../src/master/workers/heap_limits.ts";
import type { AppBundle, Generation } from "../../../src/master/workers/generation.ts";
import { assertEquals, assertMatch, assertThrows } from "../../assert.ts";
import { FakeSystem } from "../../fakes/fake_system.ts";
import { resolve } from "../../settings/resolving.ts";

const megabyte = 1024 ** 2;

class TestHost {
  readonly system = new FakeSystem();
  readonly #commandFor = limitedCommands(
    this.system,
    openLog(this.system, { logLevel: "info", logFormat: "text", errorLogfile: "-" }, { pid: 41 }).logger,
  );
  #number = 0;

  constructor() {
    this.system.host.program = (limit) => `/opt/denicorn-${limit / megabyte}`;
    this.system.texts.set("/proc/meminfo", `MemTotal: ${16 * 1024 * 1024} kB\n`);
    this.system.texts.set("/proc/self/cgroup", "0::/\n");
  }

  limitMemory(megabytes: number): void {
    this.system.texts.set("/sys/fs/cgroup/memory.max", `${megabytes * megabyte}\n`);
  }

  generation(...args: readonly string[]): Generation {
    const { settings } = resolve({ args });
    return { number: ++this.#number, settings, notApplied: [], directory: "/srv", bundle: null };
  }

  /** What starts a worker of a new generation. */
  command(...args: readonly string[]): string[] {
    return this.#commandFor(this.generation(...args));
  }

  commandOf(generation: Generation): string[] {
    return this.#commandFor(generation);
  }

  get log(): string {
    return this.system.written.stderr;
  }
}

Deno.test("max-heap is the limit of the program that workers are started from", () => {
  const host = new TestHost();
  assertEquals(host.command("--max-heap", "100.5M"), ["/opt/denicorn-100"]);
  assertEquals(host.command(), ["/opt/denicorn-0"]);
  host.system.host.standalone = false;
  assertEquals(host.command("--max-heap", "100M").filter((arg) => arg.includes("v8")), [
    "--v8-flags=--max-heap-size=0000000100,--max-semi-space-size=0000000008",
  ]);
  assertEquals(host.command().filter((arg) => arg.includes("v8")), []);
  assertEquals(host.log, "");
});

Deno.test("max-heap auto divides the memory of the control group among all workers that may run", () => {
  const host = new TestHost();
  host.limitMemory(400);
  assertEquals(host.command("--max-heap", "auto", "-w", "2"), ["/opt/denicorn-76"]);
  assertEquals(host.command("--max-heap", "auto", "-w", "1", "--spare-workers", "1"), ["/opt/denicorn-76"]);
  assertEquals(host.command("--max-heap", "auto", "--max-workers", "2"), ["/opt/denicorn-76"]);
  assertEquals(host.log, "");
});

Deno.test("max-heap auto counts the task workers of an app with tasks", () => {
  const host = new TestHost();
  host.limitMemory(400);
  const auto = ["--max-heap", "auto", "-w", "1"];
  assertEquals(host.command(...auto), ["/opt/denicorn-200"]);
  assertEquals(host.command(...auto, "--tasks", "jobs.ts"), ["/opt/denicorn-64"]);
  host.limitMemory(1_000);
  // (0.9 * 1000 - 64 - (2 + 2) * 48) / 2: each pool may have one more during a reload.
  assertEquals(host.command(...auto, "--tasks", "jobs.ts"), ["/opt/denicorn-322"]);
  assertEquals(host.command(...auto, "--tasks", "jobs.ts", "--max-task-workers", "2"), ["/opt/denicorn-198"]);
  assertEquals(host.command(...auto, "--tasks", "jobs.ts", "--tasks-in-workers"), ["/opt/denicorn-740"]);
});

Deno.test("max-heap auto counts task workers from when the bundle shows that the app has tasks", () => {
  const host = new TestHost();
  host.limitMemory(1_000);
  const generation = host.generation("--max-heap", "auto", "-w", "1", "--task-workers", "1");
  assertEquals(host.commandOf(generation), ["/opt/denicorn-740"]);
  generation.bundle = { hasTasks: true } as AppBundle;
  assertEquals(host.commandOf(generation), ["/opt/denicorn-322"]);
  generation.bundle = { hasTasks: false } as AppBundle;
  assertEquals(host.commandOf(generation), ["/opt/denicorn-740"]);
});

Deno.test("max-heap auto without a control group divides the memory of the machine", () => {
  const host = new TestHost();
  assertEquals(host.command("--max-heap", "auto", "-w", "8"), ["/opt/denicorn-1775"]);
  assertEquals(host.command("--max-heap", "auto", "-w", "2"), ["/opt/denicorn-0"]);
  host.system.texts.clear();
  assertEquals(host.command("--max-heap", "auto"), ["/opt/denicorn-0"]);
  assertMatch(host.log, /^\S+ warning .*max-heap auto: the system does not show how much memory there is/);
});

Deno.test("max-heap auto warns once for each generation when so many workers do not fit", () => {
  const host = new TestHost();
  host.limitMemory(256);
  const generation = host.generation("--max-heap", "auto", "-w", "2");
  for (let worker = 0; worker < 2; worker++) assertEquals(host.commandOf(generation), ["/opt/denicorn-64"]);
  assertMatch(
    host.log,
    /^\S+ warning .*max-heap auto: 256M of the control group for 2 workers is too little: each gets the least, 64M,.*\n$/,
  );
});

Deno.test("where the limit cannot be set, workers run without, with one warning for each generation", () => {
  const host = new TestHost();
  host.system.host.program = (limit) => {
    if (limit > 0) throw new Error("no place for a copy");
    return "/opt/denicorn";
  };
  const generation = host.generation("--max-heap", "100M");
  for (let worker = 0; worker < 2; worker++) assertEquals(host.commandOf(generation), ["/opt/denicorn"]);
  assertMatch(host.log, /^\S+ warning .*cannot set max-heap 100M: no place for a copy: .*max-memory\n$/);
  assertEquals(generation.heapLimit, 0);
});

Deno.test("a program that cannot be started any more is an error with and without a limit", () => {
  const host = new TestHost();
  host.system.host.program = () => {
    throw new Error("gone");
  };
  for (const args of [[], ["--max-heap", "100M"]]) assertThrows(() => host.command(...args), Error, "gone");
});
