/** How a worker runs the tasks that it has taken. */

import { z } from "zod";
import type { TaskContext } from "../../../src/app/load/app_tasks.ts";
import { assertEquals, assertStringIncludes } from "../../assert.ts";
import { settled } from "../../fakes/fake_clock.ts";
import { fakeService } from "./fake_service.ts";

Deno.test("a task gets its payload and context, and its result is stored", async () => {
  let got: [unknown, TaskContext] | null = null;
  const service = await fakeService({
    tasks: {
      add: (payload: unknown, context: TaskContext) => {
        got = [payload, context];
        context.progress(0.5);
        context.log.info("half way");
        return { sum: 3 };
      },
    },
  });
  await service.service.start();
  await service.enqueue("add", [1, 2]);
  await settled();
  const [payload, { id, name, attempt, signal }] = got!;
  assertEquals([payload, id, name, attempt, signal.aborted], [[1, 2], "1", "add", 1, false]);
  const { state, progress, result } = service.store.entries.get("1")!;
  assertEquals([state, progress, result], ["done", 0.5, '{"sum":3}']);
  assertEquals(await service.lines(), [
    "debug task 1 add: attempt 1 of 4 begins",
    "info half way (task 1 add, attempt 1)",
    "debug task 1 add: attempt 1 of 4 done in 0 ms",
  ]);
});

Deno.test("a task that throws is tried again until it is dead, and the log says so", async () => {
  const service = await fakeService({
    tasks: {
      fail: () => {
        throw new TypeError("boom");
      },
    },
  });
  await service.service.start();
  await service.enqueue("fail", null, { retries: 1 });
  await settled();
  const { state, error, attempt } = service.store.entries.get("1")!;
  assertEquals([state, attempt], ["dead", 2]);
  assertStringIncludes(error ?? "", "TypeError: boom");
  const lines = (await service.lines()).filter((line) => /^(warning|error)/.test(line));
  assertEquals(lines, [
    "warning task 1 fail: attempt 1 of 2 failed, and it is tried again: TypeError: boom",
    "error task 1 fail: attempt 2 of 2 failed, and it is not tried again: TypeError: boom",
  ]);
});

Deno.test("what is thrown in place of an Error is in the log and in the store", async () => {
  const broken = Object.defineProperty(new TypeError("x"), "message", {
    get: () => {
      throw new Error("from a getter");
    },
  });
  const thrown: Readonly<Record<string, unknown>> = {
    object: { code: 5 },
    nothing: undefined,
    text: "no luck",
    broken,
  };
  const service = await fakeService({
    concurrency: 4,
    tasks: Object.fromEntries(Object.keys(thrown).map((name) => [name, () => Promise.reject(thrown[name])])),
  });
  await service.service.start();
  for (const name of Object.keys(thrown)) await service.enqueue(name, null, { retries: 0 });
  await service.clock.advance(10);
  const said = [
    "threw no Error, but { code: 5 }",
    "threw no Error, but undefined",
    'threw no Error, but "no luck"',
    "TypeError: its message cannot be read",
  ];
  assertEquals([...service.store.entries.values()].map(({ error }) => error?.split("\n", 1)[0]), said);
  const lines = (await service.lines()).filter((line) => line.startsWith("error"));
  assertEquals(lines.map((line) => line.replace(/^.*not tried again: /, "")), said);
});

Deno.test("at its timeout an attempt fails, even if its function does not settle", async () => {
  const signals: AbortSignal[] = [];
  const service = await fakeService({
    tasks: {
      hang: (_: unknown, { signal }: TaskContext) => {
        signals.push(signal);
        return new Promise(() => {});
      },
    },
  });
  await service.service.start();
  await service.enqueue("hang", null, { timeout: 500, retries: 0 });
  await service.clock.advance(499);
  assertEquals(service.store.entries.get("1")?.state, "running");
  await service.clock.advance(1);
  const { state, error } = service.store.entries.get("1")!;
  assertEquals([state, error], ["dead", "timed out after 500 ms (timeout)"]);
  assertEquals(signals[0]?.reason.name, "TimeoutError");
});

Deno.test("a task that is cancelled ends, and counts as no failure", async () => {
  const service = await fakeService({ tasks: { hang: () => new Promise(() => {}) } });
  await service.service.start();
  await service.enqueue("hang");
  await settled();
  service.store.aborts.get("1")?.abort(new Error("cancelled"));
  await settled();
  const { state, error } = service.store.entries.get("1")!;
  assertEquals([state, error], ["dead", "Error: cancelled"]);
  const tallies = service.reports.flatMap(({ tallies }) => tallies);
  assertEquals(tallies.filter(({ dead }) => dead > 0), []);
});

Deno.test("the function gets what the schema makes of the payload", async () => {
  const payloads: unknown[] = [];
  const schema = z.object({ days: z.number().default(7) });
  const service = await fakeService({
    tasks: { report: { run: (payload: unknown) => void payloads.push(payload), schema } },
  });
  await service.service.start();
  await service.enqueue("report", {});
  await settled();
  assertEquals(payloads, [{ days: 7 }]);
});

const foreign = { runAt: 0, retries: 3, backoff: 0, priority: 0, timeout: 0, key: null };

const finalFailures: readonly (readonly [what: string, name: string, payload: string, error: string])[] = [
  [
    "whose payload does not fit",
    "checked",
    '"x"',
    "its payload does not fit its schema (Invalid input: expected number, received string): add the task with " +
    "another payload",
  ],
  [
    "whose payload is no JSON",
    "checked",
    "{",
    "its payload cannot be read (Expected property name or '}' in JSON at position 1 (line 1 column 2)): add the task " +
    "again",
  ],
  [
    "whose result is too large",
    "large",
    "null",
    "its result has 1002 bytes, and task-size-limit is 1000: store it elsewhere and return its place, or raise " +
    "--task-size-limit",
  ],
  [
    "whose result cannot be copied",
    "odd",
    "null",
    "its result cannot be copied (Symbol(odd) could not be cloned.): return what JSON or structuredClone() can hold",
  ],
];

for (const [what, name, payload, expected] of finalFailures) {
  Deno.test(`a task ${what} is not tried again`, async () => {
    const service = await fakeService({
      tasks: {
        checked: { run: () => {}, schema: z.number() },
        large: () => "x".repeat(1_000),
        odd: () => [Symbol("odd")],
      },
    });
    await service.store.add([{ name, payload, ...foreign }]);
    await service.service.start();
    await settled();
    const { state, error, attempt } = service.store.entries.get("1")!;
    assertEquals([state, attempt, error], ["dead", 1, expected]);
  });
}

Deno.test("a task that this worker does not know is put off for others, and fails if none knows it for minutes", async () => {
  const service = await fakeService({ tasks: { sendMail: () => {} } });
  await service.store.add([{ name: "sendMails", payload: "null", ...foreign, retries: 0 }]);
  await service.service.start();
  for (let turn = 0; turn < 10; turn++) await settled();
  const { attempt, error, state } = service.store.entries.get("1")!;
  const { putOff } = service.store;
  assertEquals([putOff[0], putOff.reduce((sum, pause) => sum + pause)], [1_000, 180_000]);
  assertEquals([attempt, state], [1, "dead"]);
  const lines = (await service.lines()).filter((line) => /put off|failed/.test(line));
  assertEquals(lines, [
    `warning task 1 sendMails is put off for workers that know it: ${error}`,
    `error task 1 sendMails: attempt 1 of 1 failed, and it is not tried again: ${error}`,
  ]);
  assertEquals(error, "cannot run sendMails: no task has this name: did you mean sendMail?");
});

Deno.test("a worker that only runs tasks counts them in its slot, and names the one that blocks", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const entered: unknown[] = [];
  const service = await fakeService({
    tasks: {
      wait: () => {
        entered.push(service.slot.read().entered);
        return promise;
      },
    },
  });
  service.slot.writer.origin = 1;
  await service.clock.advance(1);
  await service.service.start();
  await Promise.all([1, 2, 3].map(() => service.enqueue("wait")));
  await settled();
  const { inFlight, requests } = service.slot.read();
  assertEquals([inFlight, requests], [2, 2]);
  assertEquals(entered[0], { method: "TASK", path: "wait", since: 2 });
  assertEquals(service.slot.read().entered, null);
  assertEquals(service.slot.read().longest, { method: "TASK", path: "wait", since: 2 });
  resolve();
  await settled();
  const after = service.slot.read();
  assertEquals([after.inFlight, after.requests, after.longest], [0, 3, null]);
});

Deno.test("a worker that serves requests, too, counts only those in its slot", async () => {
  const service = await fakeService({ tasks: { wait: () => {} }, role: "requests" });
  await service.service.start();
  await service.enqueue("wait");
  await settled();
  assertEquals(service.slot.read().requests, 0);
});

Deno.test("a task that died with its workers is named in the log", async () => {
  const service = await fakeService({ tasks: { poison: () => {} } });
  await service.service.start();
  service.store.options?.onDead({ id: "9", name: "poison" }, "its worker died 5 times while it ran");
  assertEquals(await service.lines(), [
    "error task 9 poison is not tried again: its worker died 5 times while it ran",
  ]);
});

Deno.test("a function may return anything with a then(), or an object without one", async () => {
  const service = await fakeService({
    concurrency: 4,
    tasks: {
      slow: () => ({ then: (resolve: (value: unknown) => void) => resolve({ sum: 4 }) }),
      failing: () => ({ then: (_: unknown, reject: (error: unknown) => void) => reject(new Error("no")) }),
      quick: () => ({ sum: 5 }),
    },
  });
  await service.service.start();
  await service.enqueue("slow");
  await service.enqueue("failing", null, { retries: 0 });
  await service.enqueue("quick");
  await service.clock.advance(10);
  const ended = [...service.store.entries.values()].map(({ state, result }) => [state, result]);
  assertEquals(ended, [["done", '{"sum":4}'], ["dead", null], ["done", '{"sum":5}']]);
});

Deno.test("the app hears of the end of a signal, and what its listener ends is too late", async () => {
  const heard: unknown[] = [];
  const service = await fakeService({
    tasks: {
      wait: (_: unknown, { signal }: TaskContext) =>
        new Promise((resolve) => {
          signal.addEventListener("abort", () => {
            heard.push(signal.aborted, signal.reason);
            resolve("ended by itself");
          });
        }),
    },
  });
  await service.service.start();
  await service.enqueue("wait");
  await settled();
  const reason = new Error("cancelled");
  service.store.aborts.get("1")?.abort(reason);
  service.store.aborts.get("1")?.abort(new Error("again"));
  await settled();
  assertEquals(heard, [true, reason]);
  assertEquals(service.store.entries.get("1")?.error, "Error: cancelled");
});
