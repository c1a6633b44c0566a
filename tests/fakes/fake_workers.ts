import { initialise, scoreboardSize, SlotWriter } from "../../src/core/telemetry/scoreboard.ts";
import { openLog } from "../../src/log/logger.ts";
import type { GenerationHooks } from "../../src/master/workers/generation.ts";
import { WorkerHandle } from "../../src/master/workers/worker_handle.ts";
import { EventLog } from "../../src/master/telemetry/event_log.ts";
import { LifecycleLog } from "../../src/master/telemetry/lifecycle_log.ts";
import { WorkerTable } from "../../src/master/workers/worker_table.ts";
import { Scoreboard } from "../../src/master/workers/scoreboard.ts";
import { resolveSettings } from "../../src/settings/resolve.ts";
import { FakeProcess, FakeSystem } from "./fake_system.ts";

const bundle = {
  source: "/srv/app.ts",
  exportName: "default",
  unstable: [],
  sources: [],
  exportsApp: true,
  hasTasks: false,
  isPrepared: false,
  certificates: null,
  static: [],
  path: "/run/1.mjs",
};

/** Workers as the master knows them, without an arbiter. */
export class FakeWorkers {
  readonly system: FakeSystem;
  readonly workerTable = new WorkerTable();
  readonly #memory = fakeMemory();
  readonly scoreboard = new Scoreboard(this.#memory, null);
  readonly eventLog: EventLog;
  readonly lifecycle: LifecycleLog;

  /** `terminal`: the log is one, without colour. */
  constructor({ terminal = false }: { readonly terminal?: boolean } = {}) {
    this.system = new FakeSystem();
    this.system.terminal = terminal;
    this.system.variables.set("NO_COLOR", "1");
    const { clock } = this.system;
    this.eventLog = new EventLog(clock);
    const log = openLog(
      this.system,
      { logLevel: "info", logFormat: "text", errorLogfile: "-" },
      { pid: 41 },
    );
    this.lifecycle = new LifecycleLog(log, this.eventLog, this.scoreboard, clock);
  }

  get now(): number {
    return this.system.clock.monotonic();
  }

  /** The lines of the log without their times. */
  get lines(): string[] {
    return this.system.written.stderr.trimEnd().split("\n").map((line) => line.replace(/^\S+ /, ""));
  }

  /** A worker that boots in `slot`, with process id 100 + slot. */
  booting(slot: number, hooks: GenerationHooks | null = null): WorkerHandle {
    const commandLine = { settings: new Map([["app", ["app.ts"]]] as const) };
    const { settings } = resolveSettings({ commandLine, environment: {}, cores: 2 });
    const worker = new WorkerHandle(
      slot,
      { number: 1, settings, notApplied: [], directory: "/srv", bundle, hooks },
      new FakeProcess(100 + slot),
      this.now,
    );
    this.workerTable.add(worker, `token-${slot}`);
    this.scoreboard.clear(slot);
    this.slotOf(worker).pid = worker.process.pid;
    return worker;
  }

  ready(slot: number): WorkerHandle {
    const worker = this.booting(slot);
    worker.apply({ type: "ready" }, this.now);
    return worker;
  }

  /** Where the worker writes its counters. */
  slotOf({ slot }: WorkerHandle): SlotWriter {
    return new SlotWriter(this.#memory, slot);
  }
}

function fakeMemory(): ArrayBuffer {
  const slots = 64;
  const memory = new ArrayBuffer(scoreboardSize(slots));
  initialise(memory, slots);
  return memory;
}
