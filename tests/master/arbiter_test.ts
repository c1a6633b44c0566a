import { DenicornError } from "../../src/core/errors.ts";
import type { HandledSignal } from "../../src/core/signals.ts";
import { openLog } from "../../src/log/logger.ts";
import { Arbiter } from "../../src/master/arbiter.ts";
import type { Child } from "../../src/master/child.ts";
import type { AppBundle, Generation } from "../../src/master/generation.ts";
import type { FromWorker, ToWorker } from "../../src/protocol/messages.ts";
import { FrameDecoder } from "../../src/protocol/framing.ts";
import { resolveSettings } from "../../src/settings/resolve.ts";
import { assert, assertEquals, assertMatch } from "../assert.ts";
import { settled } from "../fakes/fake_clock.ts";
import { FakeProcess, FakeSystem } from "../fakes/fake_system.ts";

/** A worker as the test plays it. */
interface Actor {
  readonly slot: number;
  readonly generation: number;
  readonly process: FakeProcess;
  readonly received: ToWorker[];
  says(message: FromWorker): Promise<void>;
  unlinks(): Promise<void>;
}

/** An arbiter among fakes: the test plays the workers, the bundler and the operator. */
class Stage {
  readonly system = new FakeSystem();
  readonly actors: Actor[] = [];
  readonly arbiter: Arbiter;
  outcome: DenicornError | null | "running" = "running";
  renewing: () => Generation["settings"];
  spawning: () => void = () => {};
  /** What a worker said before it ended is read only when the test lets its link end. */
  linksAreSlow = false;

  constructor(workers: number, bundling = bundled) {
    const settings = settingsFor(workers);
    this.renewing = () => settings;
    this.arbiter = new Arbiter({
      system: this.system,
      log: openLog(this.system, {
        level: "info",
        format: "text",
        errorLogfile: "-",
        accessLogfile: null,
      }, { pid: 41 }),
      spawner: { spawn: (slot, generation, token) => this.#spawn(slot, generation, token) },
      source: {
        renew: (number) => Promise.try(() => ({ number, settings: this.renewing(), bundle: null })),
        bundle: bundling,
        shareLogs: () => {},
        discard: () => {},
      },
      first: { number: 1, settings, bundle: null },
      runtimeDirectory: "/run",
    });
    void this.arbiter.run().then((fault) => this.outcome = fault);
  }

  get log(): string {
    return this.system.written.stderr;
  }

  get lines(): number {
    return this.log.split("\n").length - 1;
  }

  /** Those that were not killed or ended. */
  alive(generation?: number): Actor[] {
    return this.actors.filter((actor) =>
      !this.#ended.has(actor) && (generation === undefined || actor.generation === generation)
    );
  }

  readonly #ended = new Set<Actor>();

  async signal(signal: HandledSignal): Promise<void> {
    this.arbiter.post({ type: "signal", signal });
    await settled();
  }

  /** Makes everybody who is not ready so. */
  async allReady(): Promise<void> {
    await settled();
    for (const actor of this.alive()) await actor.says({ type: "ready", addresses: [] });
  }

  async exits(actor: Actor, code: number): Promise<void> {
    actor.process.end({ code, signal: null });
    await settled();
  }

  #spawn(slot: number, generation: Generation, token: string): FakeProcess {
    this.spawning();
    const process = new FakeProcess(100 + this.actors.length);
    const received: ToWorker[] = [];
    const decoder = new FrameDecoder();
    let child: Child | null = null;
    const says = async (message: FromWorker) => {
      if (child === null) {
        child = this.arbiter.roster.redeem(token);
        assert(child !== null);
        const send = (bytes: Uint8Array) => {
          received.push(...decoder.push(bytes) as ToWorker[]);
          return Promise.resolve();
        };
        const connection = { receive: async function* () {}, send, close: () => {} };
        this.arbiter.post({ type: "linked", child, connection });
      }
      this.arbiter.post({ type: "message", child, message });
      await settled();
    };
    const unlinks = async () => {
      child?.unlink();
      await settled();
    };
    const actor: Actor = { slot, generation: generation.number, process, received, says, unlinks };
    void process.exited.then(() => {
      this.#ended.add(actor);
      if (!this.linksAreSlow) child?.unlink();
    });
    this.actors.push(actor);
    return process;
  }
}

function bundled({ number }: Generation): Promise<AppBundle> {
  return Promise.resolve({ source: "/srv/app.ts", exportName: "default", path: `/run/${number}.mjs` });
}

function settingsFor(workers: number) {
  const commandLine = { settings: new Map([["app", ["app.ts"]], ["workers", [String(workers)]]] as const) };
  return resolveSettings({ commandLine, environment: {}, cores: 2 }).settings;
}

async function serving(workers: number): Promise<Stage> {
  const stage = new Stage(workers);
  await stage.allReady();
  assertEquals(stage.alive().length, workers);
  return stage;
}

const failure = { code: "app-throws", message: "cannot load the app: it threw" } as const;

Deno.test("workers start while the app is bundled and get their orders when it is", async () => {
  const { promise, resolve } = Promise.withResolvers<AppBundle>();
  const stage = new Stage(1, () => promise);
  await settled();
  const [worker] = stage.actors;
  await worker!.says({ type: "hello", token: "" });
  assertEquals(worker!.received, []);
  resolve({ source: "/srv/app.ts", exportName: "app", path: "/run/1.mjs" });
  await settled();
  const [orders] = worker!.received;
  assert(orders?.type === "load");
  assertEquals([orders.orders.bundle, orders.orders.exportName, orders.orders.slot], [
    "/run/1.mjs",
    "app",
    0,
  ]);
});

Deno.test("a failed boot at the start is told once, by the first of eight, and ends everything", async () => {
  const stage = new Stage(8);
  await settled();
  for (const actor of stage.actors) await actor.says({ type: "failed", failure });
  for (const actor of stage.actors) await stage.exits(actor, 4);
  assert(stage.outcome instanceof DenicornError);
  assertEquals([stage.outcome.code, stage.outcome.exitCode, stage.actors.length], ["app-throws", 4, 8]);
  assertEquals(stage.log, "");
});

Deno.test("last words that are read only after the exit still tell why", async () => {
  const stage = new Stage(1);
  stage.linksAreSlow = true;
  await settled();
  const [worker] = stage.actors;
  await worker!.says({ type: "hello", token: "" });
  await stage.exits(worker!, 4);
  await worker!.says({ type: "failed", failure });
  await worker!.unlinks();
  assert(stage.outcome instanceof DenicornError);
  assertEquals(stage.outcome.code, "app-throws");
});

Deno.test("a bundle that fails at the start ends the workers that had begun", async () => {
  const stage = new Stage(2, () => Promise.reject(new DenicornError("app-syntax", "cannot parse")));
  await settled();
  await settled();
  assert(stage.outcome instanceof DenicornError);
  assertEquals([stage.outcome.exitCode, stage.alive().length], [4, 0]);
});

Deno.test("a roll: canary first, then one new for one old", async () => {
  const stage = await serving(2);
  await stage.signal("SIGHUP");
  assertEquals(stage.alive(2).length, 1);
  const draining = () =>
    stage.alive(1).filter(({ received }) => received.some(({ type }) => type === "drain"));
  assertEquals(draining().length, 0);
  await stage.allReady();
  assertEquals([draining().length, stage.alive(2).length], [1, 2]);
  await stage.allReady();
  assertEquals(draining().length, 2);
  for (const actor of draining()) await stage.exits(actor, 0);
  assertEquals([stage.arbiter.phase, stage.arbiter.generation], ["running", 2]);
  assertMatch(stage.log, /2 workers of generation 2 ready/);
});

Deno.test("settings that cannot be read fail the reload and change nothing", async () => {
  const stage = await serving(2);
  stage.renewing = () => {
    throw new DenicornError("setting-invalid", "workers: many is not accepted");
  };
  await stage.signal("SIGHUP");
  assertMatch(stage.log, /reload failed, generation 1 keeps serving: workers: many/);
  assertEquals([stage.alive(1).length, stage.alive(2).length, stage.arbiter.phase], [2, 0, "running"]);
});

Deno.test("a reload with another number of workers sets the target; one without keeps TTIN's", async () => {
  const stage = await serving(1);
  await stage.signal("SIGTTIN");
  await stage.allReady();
  await stage.signal("SIGHUP");
  await stage.allReady();
  assertEquals(stage.arbiter.target, 2);
  stage.renewing = () => settingsFor(5);
  await stage.signal("SIGHUP");
  await stage.allReady();
  assertEquals(stage.arbiter.target, 5);
});

Deno.test("a HUP during the start reloads once the first worker is ready", async () => {
  const stage = new Stage(1);
  await stage.signal("SIGHUP");
  assertEquals(stage.alive(2).length, 0);
  await stage.allReady();
  assertEquals(stage.alive(2).length, 1);
});

Deno.test("TERM in the middle of a reload drains the old and kills the canary", async () => {
  const stage = await serving(2);
  await stage.signal("SIGHUP");
  await stage.signal("SIGTERM");
  assertEquals(stage.alive(2).length, 0);
  for (const actor of stage.alive(1)) {
    assertEquals(actor.received.at(-1), { type: "drain" });
    await stage.exits(actor, 0);
  }
  assertEquals(stage.outcome, null);
});

Deno.test("a storm of deaths is at most one line a second, and the healthy worker is left alone", async () => {
  const stage = await serving(2);
  const healthy = stage.actors[0]!;
  const start = stage.system.clock.monotonic();
  for (let death = 0; death < 60; death++) {
    for (const actor of stage.alive()) {
      if (actor === healthy) continue;
      await actor.says({ type: "ready", addresses: [] });
      await stage.exits(actor, 1);
    }
    await stage.system.clock.advance(500);
    await healthy.says({ type: "beat", requests: 0, inFlight: 0 });
  }
  const seconds = (stage.system.clock.monotonic() - start) / 1000;
  assert(stage.lines <= seconds + 6, `${stage.lines} lines in ${seconds} s:\n${stage.log}`);
  assert(stage.actors.length < 20, `${stage.actors.length} starts in ${seconds} s`);
  assertEquals([healthy.process.signals, healthy.received.length], [[], 1]);
});

Deno.test("a process that cannot be started is retried with growing delay", async () => {
  const stage = await serving(1);
  let attempts = 0;
  stage.spawning = () => {
    attempts++;
    throw new Error("Resource temporarily unavailable");
  };
  await stage.exits(stage.actors[0]!, 1);
  await stage.system.clock.advance(10_000);
  assertMatch(
    stage.log,
    /cannot start a worker process: \/opt\/denicorn \(Resource temporarily unavailable\)/,
  );
  assert(attempts > 3 && attempts < 12, `${attempts}`);
  stage.spawning = () => {};
  await stage.system.clock.advance(30_000);
  assertEquals(stage.alive().length, 1);
});

Deno.test("a silent worker is killed by the master's own clock and replaced", async () => {
  const stage = await serving(1);
  await stage.system.clock.advance(30_000);
  assertEquals(stage.actors[0]!.process.signals, ["SIGKILL"]);
  assertMatch(stage.log, /killed: silent for longer than timeout; replacing it now/);
  assertEquals(stage.alive().length, 1);
});

Deno.test("a stranger's token opens no link, and a token works once", async () => {
  const stage = await serving(1);
  assertEquals(stage.arbiter.roster.redeem("token-1"), null);
  assertEquals(stage.arbiter.roster.redeem("guess"), null);
});
