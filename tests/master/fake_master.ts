import type { HookName } from "../../src/core/hook_table.ts";
import type { DenicornError } from "../../src/core/errors.ts";
import { initialise, scoreboardSize, SlotWriter } from "../../src/core/telemetry/scoreboard.ts";
import type { HandledSignal } from "../../src/core/signals.ts";
import { version } from "../../src/core/version.ts";
import { openLog } from "../../src/log/logger.ts";
import type { Arbiter } from "../../src/master/arbiter.ts";
import { composeArbiter } from "../../src/master/compose.ts";
import type { WorkerHandle } from "../../src/master/workers/worker_handle.ts";
import { MasterHooks } from "../../src/master/hooks/master_hooks.ts";
import { ThreadHosts } from "../../src/master/workers/thread_hosts.ts";
import { WorkerTable } from "../../src/master/workers/worker_table.ts";
import type { AppBundle, Generation } from "../../src/master/workers/generation.ts";
import { rememberLaunch } from "../../src/master/transitions/launch.ts";
import { firstSlot, Scoreboard } from "../../src/master/workers/scoreboard.ts";
import { SharedSockets } from "../../src/master/listeners/shared_sockets.ts";
import { Steering } from "../../src/master/listeners/steering.ts";
import type { FromWorker, ToWorker } from "../../src/protocol/messages.ts";
import { FrameDecoder } from "../../src/protocol/framing.ts";
import { resolveSettings } from "../../src/settings/resolve.ts";
import type { Settings } from "../../src/settings/settings.ts";
import type { FdPair } from "../../src/system/system.ts";
import { assert, assertEquals } from "../assert.ts";
import { settled } from "../fakes/fake_clock.ts";
import { FakeProcess, FakeSystem } from "../fakes/fake_system.ts";

/** A worker process whose part the test plays. */
export interface FakeWorker {
  readonly slot: number;
  readonly generation: number;
  readonly process: FakeProcess;
  readonly received: ToWorker[];
  says(message: FromWorker): Promise<void>;
  disconnects(): Promise<void>;
}

/** The number of workers that there can be at a time. */
const slots = 64;

/** A worker is ready at the default address. */
export const readyMessage = { type: "ready", addresses: [{ hostname: "127.0.0.1", port: 8000 }] } as const;

interface Start {
  readonly cores?: number;
  /** That of a first worker whose process was started before. */
  readonly fdPair?: FdPair | null;
  /** There is memory for task workers. */
  readonly hasTaskSlots?: boolean;
}

/** An arbiter with fakes around it: the test plays the workers, the bundler and the operator. */
export class FakeMaster {
  readonly system = new FakeSystem();
  readonly fakeWorkers: FakeWorker[] = [];
  readonly workerTable = new WorkerTable();
  readonly taskTable = new WorkerTable();
  readonly arbiter: Arbiter;
  outcome: DenicornError | null | "running" = "running";
  renewing: () => Generation["settings"];
  spawning: () => void = () => {};
  /** Paths of bundles that were discarded. */
  readonly discarded: string[] = [];
  /** The version of the program that workers run. */
  version = version;
  /** Messages of a worker that has ended are read only when the test disconnects it. */
  channelsAreSlow = false;
  /** Others may listen on the addresses of the server from then on. */
  hasLeftAddresses = false;
  controlSocket: string | null = "/run/control.sock";
  readonly steering: Steering;
  readonly hooks: MasterHooks;
  /** Calls of hooks; the test ends them. */
  readonly hookCalls: {
    readonly name: HookName;
    readonly args: readonly unknown[];
    readonly end: (error: DenicornError | null) => void;
  }[] = [];

  constructor(workers: number, bundling = bundled, flags: Flags = {}, start: Start = {}) {
    const allSlots = start.hasTaskSlots === true ? firstSlot("tasks") + slots : slots;
    this.#memory = new ArrayBuffer(scoreboardSize(allSlots));
    initialise(this.#memory, allSlots);
    // With few, all but the first worker would start later.
    this.system.host.cores = () => start.cores ?? slots;
    const settings = settingsFor(workers, flags);
    this.renewing = () => settings;
    const first = { number: 1, settings, notApplied: [], directory: "/srv", bundle: null };
    const log = openLog(this.system, {
      logLevel: "info",
      logFormat: "text",
      errorLogfile: "-",
    }, { pid: 41 });
    this.arbiter = composeArbiter({
      workerTable: this.workerTable,
      taskTable: this.taskTable,
      cores: null,
      leaveAddresses: () => this.hasLeftAddresses = true,
      system: this.system,
      log,
      steering: this.steering = new Steering(this.system, log.logger, null),
      scoreboard: new Scoreboard(this.#memory, null),
      sharedSockets: new SharedSockets(this.system, log.logger, settings, {}),
      firstWorker: start.fdPair === undefined
        ? null
        : { process: this.#spawn(0, first, "first"), token: "first", fdPair: start.fdPair },
      startProcess: (slot, generation, token) => this.#spawn(slot, generation, token),
      hooks: this.hooks = new MasterHooks({
        ...{ clock: this.system.clock, logger: log.logger },
        server: () => ({ pid: 41, generation: 1, app: "app.ts", workers: this.arbiter.target }),
        open: (_, { names, source }) =>
          Promise.resolve({
            hooks: { names, source, bundle: "/run/hooks.mjs" },
            process: {
              isExpected: false,
              link: () => null,
              call: (name, args) => {
                const { promise, resolve } = Promise.withResolvers<DenicornError | null>();
                this.hookCalls.push({ name, args, end: resolve });
                return promise;
              },
              end: () => Promise.resolve(),
              kill: () => {},
            },
            discard: () => void this.discarded.push("hooks"),
          }),
        wake: () => this.arbiter.post({ type: "wake" }),
      }),
      threadHosts: new ThreadHosts({
        ...{ system: this.system, logger: log.logger, workerTable: this.workerTable },
        start: (slot, generation, token) => this.#spawn(slot, generation, token),
      }),
      source: {
        renew: (number) =>
          Promise.try(() => ({
            number,
            settings: this.renewing(),
            notApplied: [],
            directory: "/srv",
            bundle: null,
          })),
        bundle: bundling,
        shareLogs: () => {},
        discard: (_, { path }) => void this.discarded.push(path),
      },
      first,
      isBindDefault: false,
      runtimeDirectory: "/run",
      launch: rememberLaunch(this.system),
      controlSocket: () => this.controlSocket,
      offerLink: () => null,
      takeover: null,
      otherMachines: null,
    }).arbiter;
    void this.arbiter.run().then((fault) => this.outcome = fault);
  }

  get log(): string {
    return this.system.written.stderr;
  }

  get lines(): number {
    return this.log.split("\n").length - 1;
  }

  /** Workers that have not ended. */
  alive(generation?: number): FakeWorker[] {
    return this.fakeWorkers.filter((fakeWorker) =>
      !this.#ended.has(fakeWorker) && (generation === undefined || fakeWorker.generation === generation)
    );
  }

  readonly #ended = new Set<FakeWorker>();
  readonly #wereReady = new Set<FakeWorker>();
  readonly #memory: ArrayBuffer;

  /** Workers that were asked to finish and have not ended. */
  draining(generation: number): FakeWorker[] {
    return this.alive(generation).filter(({ received }) => received.some(({ type }) => type === "drain"));
  }

  /** Where the worker writes its counters. */
  slot({ slot }: FakeWorker): SlotWriter {
    return new SlotWriter(this.#memory, slot);
  }

  /** From now on generation 1 has these hooks. */
  async giveHooks(...names: HookName[]): Promise<void> {
    const { generation, settings } = this.arbiter;
    const place = { number: generation, settings, notApplied: [], directory: "/srv" };
    await this.hooks.open(place, { names, source: "/srv/denicorn.config.ts", text: "" });
  }

  async signal(signal: HandledSignal): Promise<void> {
    this.arbiter.post({ type: "signal", signal });
    await settled();
  }

  /** Makes all workers ready. */
  async allReady(): Promise<void> {
    await settled();
    for (const fakeWorker of this.alive()) {
      if (!this.#wereReady.has(fakeWorker)) await fakeWorker.says(readyMessage);
    }
  }

  async exits(fakeWorker: FakeWorker, code: number): Promise<void> {
    fakeWorker.process.end({ code, signal: null });
    await settled();
  }

  #spawn(slot: number, generation: Generation, token: string): FakeProcess {
    this.spawning();
    const process = new FakeProcess(100 + this.fakeWorkers.length);
    const received: ToWorker[] = [];
    const decoder = new FrameDecoder();
    let worker: WorkerHandle | null = null;
    const says = async (message: FromWorker) => {
      if (worker === null) {
        worker = this.workerTable.redeem(token) ?? this.taskTable.redeem(token);
        assert(worker !== null);
        const send = (bytes: Uint8Array) => {
          received.push(...decoder.push(bytes) as Iterable<ToWorker>);
          return Promise.resolve();
        };
        const connection = { receive: async function* () {}, send, close: () => {} };
        this.arbiter.post({ type: "connected", worker, connection, version: this.version });
      }
      // It has opened the channel.
      if (message.type === "hello") return settled();
      // A worker is ready only after it was asked to listen.
      const wasAsked = received.some(({ type }) => type === "listen");
      if (message.type === "ready" && !wasAsked) {
        this.arbiter.post({ type: "message", worker, message: { type: "loaded" } });
        await settled();
      }
      if (message.type === "ready") this.#wereReady.add(fakeWorker);
      this.arbiter.post({ type: "message", worker, message });
      await settled();
    };
    const disconnects = async () => {
      worker?.disconnect(this.system.clock.monotonic());
      await settled();
    };
    const fakeWorker: FakeWorker = {
      slot,
      generation: generation.number,
      process,
      received,
      says,
      disconnects,
    };
    void process.exited.then(() => {
      this.#ended.add(fakeWorker);
      if (!this.channelsAreSlow) worker?.disconnect(this.system.clock.monotonic());
    });
    this.fakeWorkers.push(fakeWorker);
    return process;
  }
}

export function bundled({ number }: Generation): Promise<AppBundle> {
  return Promise.resolve({
    source: "/srv/app.ts",
    exportName: "default",
    unstable: [],
    sources: [],
    exportsApp: true,
    hasTasks: false,
    isPrepared: false,
    certificates: null,
    static: [],
    path: `/run/${number}.mjs`,
  });
}

type Flags = Partial<Record<keyof Settings, string>>;

/** With `maxWorkers` among the flags, `workers` is the minimum. */
export function settingsFor(workers: number, flags: Flags = {}) {
  const number = flags.maxWorkers === undefined ? "workers" : "minWorkers";
  const given = Object.entries({ app: "app.ts", [number]: String(workers), ...flags });
  const commandLine = { settings: new Map(given.map(([key, text]) => [key as keyof Settings, [text]])) };
  return resolveSettings({ commandLine, environment: {}, cores: 2 }).settings;
}

/** A master with this number of ready workers. */
export async function serving(workers: number, flags: Flags = {}): Promise<FakeMaster> {
  const master = new FakeMaster(workers, bundled, flags);
  await master.allReady();
  assertEquals(master.alive().length, workers);
  return master;
}
