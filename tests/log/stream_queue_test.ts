import { openLog } from "../../src/log/logger.ts";
import { reportDroppedLines, streamQueue } from "../../src/log/stream_queue.ts";
import type { Stream, System } from "../../src/system/system.ts";
import { assert, assertEquals, assertMatch } from "../assert.ts";
import { FakeSystem } from "../fakes/fake_system.ts";

function stderrQueue() {
  const system = new FakeSystem();
  const queue = streamQueue(system, "stderr");
  const drops: number[] = [];
  reportDroppedLines(system, (lines) => drops.push(lines));
  return { system, queue, drops };
}

Deno.test("what was dropped before there is a log is reported when there is one", async () => {
  const system = new FakeSystem();
  const queue = streamQueue(system, "stderr");
  system.readerTakes = 0;
  const line = "x".repeat(1023) + "\n";
  for (let number = 0; number < 1025; number++) queue.write(line);
  const drops: number[] = [];
  reportDroppedLines(system, (lines) => drops.push(lines));
  assertEquals(drops, []);
  system.readerTakes = Infinity;
  await system.clock.advance(50);
  assertEquals(drops, [1]);
});

Deno.test("what was dropped and is accepted again before there is a log is reported as well", async () => {
  const system = new FakeSystem();
  const queue = streamQueue(system, "stderr");
  system.readerTakes = 0;
  const line = "x".repeat(1023) + "\n";
  for (let number = 0; number < 1025; number++) queue.write(line);
  system.readerTakes = Infinity;
  await system.clock.advance(50);
  const drops: number[] = [];
  reportDroppedLines(system, (lines) => drops.push(lines));
  assertEquals(drops, [1]);
});

Deno.test("while the reader keeps up, lines are written at once", () => {
  const { system, queue } = stderrQueue();
  queue.write("one\n");
  assertEquals(system.written.stderr, "one\n");
});

Deno.test("what the reader does not take now is written later, complete and in order", async () => {
  const { system, queue, drops } = stderrQueue();
  system.readerTakes = 5;
  queue.write("one\ntwo\n");
  queue.write("three\n");
  assertEquals(system.written.stderr, "one\nt");
  system.readerTakes = 4;
  await system.clock.advance(50);
  assertEquals(system.written.stderr, "one\ntwo\nt");
  system.readerTakes = Infinity;
  queue.write("four\n");
  await system.clock.advance(50);
  assertEquals([system.written.stderr, drops], ["one\ntwo\nthree\nfour\n", []]);
});

Deno.test("beyond a megabyte lines are dropped and counted, in one gap", async () => {
  const { system, queue, drops } = stderrQueue();
  system.readerTakes = 0;
  const line = "x".repeat(1023) + "\n";
  for (let number = 0; number < 1024; number++) queue.write(line);
  queue.write("lost\nlost\n");
  queue.write("lost\n");
  system.readerTakes = 1024;
  await system.clock.advance(50);
  // It has taken too little to accept lines again.
  queue.write("lost\n");
  assertEquals(drops, []);
  system.readerTakes = Infinity;
  await system.clock.advance(50);
  assertEquals([drops, system.written.stderr.length], [[4], 1_048_576]);
  queue.write("kept\n");
  assert(system.written.stderr.endsWith("x\nkept\n"));
});

Deno.test("at the exit what waits is written, if the reader takes it", () => {
  const { system, queue } = stderrQueue();
  system.readerTakes = 0;
  queue.write("last line\n");
  system.exitHandlers.forEach((handle) => handle());
  assertEquals(system.written.stderr, "");
  system.readerTakes = Infinity;
  system.exitHandlers.forEach((handle) => handle());
  assertEquals(system.written.stderr, "last line\n");
});

Deno.test("the exit waits once for the readers of both streams, not twice", () => {
  const fake = new FakeSystem();
  let now = 0;
  const waits: number[] = [];
  const awaitReader = (_stream: Stream, ms: number) => {
    waits.push(ms);
    now += ms / 2;
    return now < 900;
  };
  const { processes } = fake;
  const host = { ...fake.host, awaitReader, writeNow: () => 0 };
  const idle = () => () => {};
  const system: System = Object.assign(Object.create(fake), {
    host,
    processes,
    clock: { monotonic: () => now, wall: () => now, after: idle, every: idle },
  });
  for (const stream of ["stdout", "stderr"] as const) streamQueue(system, stream).write("last line\n");
  fake.exitHandlers.forEach((handle) => handle());
  assertEquals(waits, [1000, 500, 250, 125, 62.5]);
});

Deno.test("if the reader is gone, only the lines are lost", async () => {
  const { system, queue } = stderrQueue();
  system.host.writeNow = () => {
    throw new Error("Broken pipe");
  };
  queue.write("one\n");
  queue.write("two\n");
  await system.clock.advance(50);
  assertEquals(system.written.stderr, "");
});

Deno.test("a gap is reported in the log", async () => {
  const system = new FakeSystem();
  const config = {
    logLevel: "info",
    logFormat: "text",
    errorLogfile: "-",
    accessLogfile: undefined,
  } as const;
  const { logger } = openLog(system, config, { pid: 41 });
  system.readerTakes = 0;
  for (let number = 0; number < 3; number++) logger.info`${"x".repeat(600_000)}`;
  system.readerTakes = Infinity;
  await system.clock.advance(50);
  assertMatch(
    system.written.stderr,
    /^\S+ info {4}master pid=41 {2}x+\n\S+ warning master pid=41 {2}dropped 2 lines of log: the reader of stderr does not keep up\n$/,
  );
});
