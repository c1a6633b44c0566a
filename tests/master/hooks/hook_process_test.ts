import { HookProcess } from "../../../src/master/hooks/hook_process.ts";
import { FrameDecoder } from "../../../src/protocol/framing.ts";
import type { ToHookProcess } from "../../../src/protocol/hook_messages.ts";
import { assert, assertEquals } from "../../assert.ts";
import { FakeClock, settled } from "../../fakes/fake_clock.ts";
import { FakeProcess } from "../../fakes/fake_system.ts";

const place = { bundle: "/run/hooks-1.mjs", source: "/srv/denicorn.config.ts", timeout: 10_000 };

/** A hook process whose part the test plays. */
class Fixture {
  readonly clock = new FakeClock();
  readonly processes: FakeProcess[] = [];
  readonly uncaught: string[] = [];
  readonly lost: string[] = [];
  failure: Error | null = null;
  readonly hooks = new HookProcess({
    clock: this.clock,
    place,
    workingDirectory: "/srv",
    secret: () => `token-${this.processes.length + 1}`,
    start: () => {
      if (this.failure !== null) throw this.failure;
      const process = new FakeProcess(100 + this.processes.length);
      this.processes.push(process);
      return process;
    },
    onExit: () => () => {},
    onLost: (how) => void this.lost.push(how),
    onUncaught: ({ message }) => this.uncaught.push(message),
  });

  /** The process that was started last says hello. */
  connect() {
    const received: ToHookProcess[] = [];
    const decoder = new FrameDecoder();
    const send = (bytes: Uint8Array) => {
      received.push(...decoder.push(bytes) as Iterable<ToHookProcess>);
      return Promise.resolve();
    };
    const token = `token-${this.processes.length}`;
    const link = this.hooks.link(token, { receive: async function* () {}, send, close: () => {} });
    assert(link !== null);
    const done = async (number: number, message?: string) => {
      const failure = message === undefined ? undefined : { code: "hook", message } as const;
      link.receive({ type: "hook-done", number, failure });
      await settled();
    };
    return { ...link, received, done };
  }
}

/** What a call has come to so far. */
function outcomeOf(call: Promise<Error | null>): { message: string | null | undefined } {
  const outcome: { message: string | null | undefined } = { message: undefined };
  void call.then((error) => outcome.message = error?.message ?? null);
  return outcome;
}

Deno.test("calls that come before the process has connected are sent in their order", async () => {
  const fixture = new Fixture();
  fixture.hooks.start();
  const [first, second] = [
    outcomeOf(fixture.hooks.call("onStarting", [1])),
    outcomeOf(fixture.hooks.call("whenReady", [2])),
  ];
  assert(fixture.hooks.isExpected);
  const process = fixture.connect();
  assert(!fixture.hooks.isExpected);
  assertEquals(process.received, [
    { type: "hooks", place },
    { type: "call-hook", number: 1, name: "onStarting", args: [1] },
    { type: "call-hook", number: 2, name: "whenReady", args: [2] },
  ]);
  await process.done(2, "it threw");
  assertEquals([first.message, second.message], [undefined, "it threw"]);
  await process.done(1);
  assertEquals(first.message, null);
  assertEquals(fixture.processes.length, 1);
});

Deno.test("a process is linked once, and only by its token", () => {
  const fixture = new Fixture();
  fixture.hooks.start();
  const connection = { receive: async function* () {}, send: () => Promise.resolve(), close: () => {} };
  assertEquals(fixture.hooks.link("token-7", connection), null);
  fixture.connect();
  assertEquals(fixture.hooks.link("token-1", connection), null);
});

Deno.test("a process that ends fails its calls, and the next call starts another one", async () => {
  const fixture = new Fixture();
  const call = outcomeOf(fixture.hooks.call("postSpawn", []));
  const process = fixture.connect();
  fixture.processes[0]!.end({ code: 7, signal: null });
  process.close();
  await settled();
  assertEquals(
    call.message,
    "hook postSpawn of denicorn.config.ts was not done when its process ended (exit code 7): see its output above",
  );
  const next = outcomeOf(fixture.hooks.call("childExit", []));
  assertEquals(fixture.processes.length, 2);
  await fixture.connect().done(2);
  assertEquals(next.message, null);
  assertEquals(fixture.clock.timers, 0);
});

Deno.test("what a process has sent before it ended still counts", async () => {
  const fixture = new Fixture();
  const call = outcomeOf(fixture.hooks.call("onExit", []));
  const process = fixture.connect();
  fixture.processes[0]!.end({ code: 0, signal: null });
  await settled();
  assertEquals(call.message, undefined);
  await process.done(1);
  process.close();
  assertEquals(call.message, null);
});

Deno.test("a process that does not say that a hook is late is blocked: it is killed, with all its calls", async () => {
  const fixture = new Fixture();
  const blocking = outcomeOf(fixture.hooks.call("preSpawn", []));
  fixture.connect();
  await fixture.clock.advance(5_000);
  const waiting = outcomeOf(fixture.hooks.call("childExit", []));
  await fixture.clock.advance(6_900);
  assertEquals([blocking.message, waiting.message], [undefined, undefined]);
  await fixture.clock.advance(100);
  assertEquals(fixture.processes[0]!.signals, ["SIGKILL"]);
  assertEquals(
    blocking.message,
    "hook preSpawn of denicorn.config.ts was not done after 10s (hook-timeout): look for a loop or a promise that never " +
      "ends, or raise --hook-timeout",
  );
  assertEquals(
    waiting.message,
    "hook childExit of denicorn.config.ts was not done when its process was killed, because a hook blocked it",
  );
  void fixture.hooks.call("onExit", []);
  assertEquals(fixture.processes.length, 2);
});

Deno.test("a process that cannot be started fails the call", async () => {
  const fixture = new Fixture();
  fixture.failure = new Error("Resource temporarily unavailable");
  const error = await fixture.hooks.call("whenReady", []);
  assertEquals(
    error?.message,
    "cannot call the hook whenReady of denicorn.config.ts: no process can be started for it: " +
      "Resource temporarily unavailable",
  );
});

Deno.test("an error outside of all calls is reported", async () => {
  const fixture = new Fixture();
  fixture.hooks.start();
  await fixture.connect().done(0, "uncaught");
  assertEquals(fixture.uncaught, ["uncaught"]);
});

Deno.test("a process that says anything else is killed", () => {
  const fixture = new Fixture();
  fixture.hooks.start();
  fixture.connect().receive({ type: "closed" });
  assertEquals(fixture.processes[0]!.signals, ["SIGKILL"]);
});

Deno.test("an end waits for the calls, asks the process to exit, and kills it if it does not", async () => {
  const fixture = new Fixture();
  void fixture.hooks.call("onExit", []);
  const process = fixture.connect();
  let hasEnded = false;
  void fixture.hooks.end().then(() => hasEnded = true);
  await settled();
  assertEquals(process.received.at(-1)?.type, "call-hook");
  await process.done(1);
  assertEquals(process.received.at(-1), { type: "exit" });
  assert(!hasEnded);
  await fixture.clock.advance(1_000);
  assertEquals(fixture.processes[0]!.signals, ["SIGKILL"]);
  assert(hasEnded);
  await fixture.hooks.end();
});

Deno.test("the end of a process that nobody asked for is reported, unless a call says so", async () => {
  const fixture = new Fixture();
  fixture.hooks.start();
  fixture.processes[0]!.end({ code: 1, signal: null });
  await settled();
  assertEquals(fixture.lost, ["exit code 1"]);
  const call = outcomeOf(fixture.hooks.call("whenReady", []));
  fixture.processes[1]!.end({ code: 1, signal: null });
  await settled();
  assert(call.message !== null);
  fixture.hooks.start();
  fixture.hooks.kill();
  await settled();
  assertEquals(fixture.lost, ["exit code 1"]);
});
