/** What `enqueue` of an app does, and why it may reject. */

import { z } from "zod";
import { assertEquals, assertRejects } from "../../assert.ts";
import { settled } from "../../fakes/fake_clock.ts";
import { fakeService } from "./fake_service.ts";

const tasks = {
  sendMail: () => {},
  resize: { run: () => {}, retries: 0, backoff: 5, priority: 7, timeout: 500 },
  checked: { run: () => {}, schema: z.object({ to: z.object({ address: z.string() }) }) },
};

Deno.test("a task is stored with its payload and options, those of its definition, or the defaults", async () => {
  const { enqueue, store, clock } = await fakeService({ tasks });
  assertEquals(await enqueue("sendMail", { to: "a@b.test" }), "1");
  assertEquals(await enqueue("resize", undefined, { priority: 3, key: "k", delay: 1_000 }), "2");
  assertEquals(
    await enqueue("resize", 1, { retries: 1, backoff: 2.4, at: new Date(5), timeout: undefined }),
    "3",
  );
  assertEquals([...store.entries.values()].map(({ task }) => task), [
    {
      ...{ name: "sendMail", payload: '{"to":"a@b.test"}', runAt: 0, key: null },
      ...{ retries: 3, backoff: 1_000, priority: 0, timeout: 0 },
    },
    {
      ...{ name: "resize", payload: "null", runAt: clock.wall() + 1_000, key: "k" },
      ...{ retries: 0, backoff: 5, priority: 3, timeout: 500 },
    },
    {
      ...{ name: "resize", payload: "1", runAt: 5, key: null },
      ...{ retries: 1, backoff: 2, priority: 7, timeout: 500 },
    },
  ]);
});

Deno.test("the payload is stored as it was given, not as the schema makes it", async () => {
  const schema = z.object({ days: z.number().default(7) });
  const { enqueue, store } = await fakeService({ tasks: { report: { run: () => {}, schema } } });
  await enqueue("report", {});
  assertEquals(store.entries.get("1")?.task.payload, "{}");
});

Deno.test("tasks whose workers hear of them by themselves are said 50 ms later", async () => {
  const service = await fakeService({ tasks });
  service.store.wakesConsumers = true;
  await service.enqueue("sendMail", 1);
  await service.clock.advance(49);
  await service.enqueue("sendMail", 2);
  assertEquals(service.sent, []);
  await service.clock.advance(1);
  assertEquals(service.sent, [{ type: "tasks-added" }]);
});

Deno.test("tasks of one turn are added together, and said once in 5 ms", async () => {
  const service = await fakeService({ tasks });
  const ids = await Promise.all([
    service.enqueue("sendMail", 1),
    service.enqueue("sendMail", 2),
    service.enqueue("sendMail", 3, { patience: 1 }),
  ]);
  assertEquals(ids, ["1", "2", "3"]);
  assertEquals(service.store.added.map((list) => list.length), [2, 1]);
  assertEquals(service.opened, 1);
  await service.enqueue("sendMail", 4);
  assertEquals(service.sent, [{ type: "tasks-added" }]);
  await service.clock.advance(5);
  assertEquals(service.sent, [{ type: "tasks-added" }, { type: "tasks-added" }]);
});

Deno.test("a worker that runs tasks wakes its own consumer", async () => {
  let ran = 0;
  const { service, enqueue } = await fakeService({ tasks: { count: () => ran++ } });
  await service.start();
  await enqueue("count");
  await settled();
  assertEquals(ran, 1);
});

Deno.test("a store that does not answer rejects, and the next task is tried again", async () => {
  const { enqueue, store } = await fakeService({ tasks });
  store.problem = "cannot add the task sendMail: /srv/tasks.db is locked: end what locks it";
  await assertRejects(() => enqueue("sendMail"), Error, store.problem);
  store.problem = null;
  assertEquals(await enqueue("sendMail"), "1");
});

const mistakes: readonly (readonly [what: string, args: readonly unknown[], message: string])[] = [
  ["no name", [undefined], 'cannot enqueue a task: its name is undefined: write enqueue("name", payload)'],
  [
    "a name with a mistake",
    ["sendMails"],
    "cannot enqueue sendMails: no task has this name: did you mean sendMail?",
  ],
  ["another name", ["x"], "cannot enqueue x: no task has this name: there are sendMail, resize, checked"],
  [
    "options that are none",
    ["sendMail", 1, 5],
    "cannot enqueue sendMail: its options are 5: they are an object such as { delay: 1000 }",
  ],
  [
    "an unknown option",
    ["sendMail", 1, { delays: 5 }],
    'cannot enqueue sendMail: unknown option "delays": did you mean delay?',
  ],
  [
    "a wrong delay",
    ["sendMail", 1, { delay: -1 }],
    "cannot enqueue sendMail: delay is -1: it is a number of milliseconds from 0 to 1000000000000",
  ],
  [
    "an invalid date",
    ["sendMail", 1, { at: new Date(NaN) }],
    "cannot enqueue sendMail: at is an object: it is a Date, or milliseconds since 1970",
  ],
  [
    "a delay and a time",
    ["sendMail", 1, { delay: 1, at: 1 }],
    "cannot enqueue sendMail: both delay and at are given: give one of them",
  ],
  [
    "a long key",
    ["sendMail", 1, { key: "k".repeat(201) }],
    "cannot enqueue sendMail: key is a string: it is a text of 1 to 200 characters",
  ],
  [
    "a priority that is no whole number",
    ["sendMail", 1, { priority: 0.5 }],
    "cannot enqueue sendMail: priority is 0.5: it is a whole number from 0 to 2097151",
  ],
  [
    "a payload that is too large",
    ["sendMail", "é".repeat(600)],
    "cannot enqueue sendMail: its payload has 1202 bytes, and task-size-limit is 1000: store the data elsewhere and " +
    "give its place, or raise --task-size-limit",
  ],
  [
    "a payload that cannot be copied",
    ["sendMail", { odd: Symbol("odd") }],
    "cannot enqueue sendMail: its payload cannot be copied (Symbol(odd) could not be cloned.): give it what JSON or " +
    "structuredClone() can hold",
  ],
  [
    "a payload that does not fit",
    ["checked", { to: { address: 5 } }],
    "cannot enqueue checked: its payload does not fit its schema (to.address: Invalid input: expected string, " +
    "received number): change the payload",
  ],
];

for (const [what, [name, payload, options], message] of mistakes) {
  Deno.test(`enqueue rejects for ${what}`, async () => {
    const { enqueue, store } = await fakeService({ tasks });
    const error = await assertRejects(() => enqueue(name, payload, options), TypeError);
    assertEquals(error.message, message);
    assertEquals(store.entries.size, 0);
  });
}
