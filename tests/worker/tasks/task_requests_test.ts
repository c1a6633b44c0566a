/** What a worker answers when an operator asks for tasks. */

import { longestTaskAnswer } from "../../../src/protocol/task_messages.ts";
import { answerTo } from "../../../src/worker/tasks/task_requests.ts";
import { assert, assertEquals, assertRejects } from "../../assert.ts";
import { FakeTaskStore } from "../../fakes/fake_task_store.ts";

const task = { name: "sendMail", runAt: 0, retries: 3, backoff: 0, priority: 0, timeout: 0, key: null };

const noAdd = () => Promise.reject(new Error("nothing is added"));

Deno.test("each request is answered as JSON", async () => {
  const store = new FakeTaskStore();
  await store.add([{ ...task, payload: "1" }]);
  const ask = async (request: Parameters<typeof answerTo>[0]) =>
    JSON.parse(await answerTo(request, store, ({ name }) => Promise.resolve(`id of ${name}`)));
  assertEquals((await ask({ do: "counts" })).waiting, 1);
  assertEquals((await ask({ do: "list", state: "waiting", limit: 10 }))[0].payload, "1");
  assertEquals((await ask({ do: "show", id: "1" })).name, "sendMail");
  assertEquals(await ask({ do: "show", id: "2" }), null);
  assertEquals(await ask({ do: "retry", id: null }), 7);
  assertEquals(await ask({ do: "cancel", id: "2" }), false);
  assertEquals(await ask({ do: "purge", state: "waiting" }), 1);
  assertEquals(await ask({ do: "pause" }), null);
  assertEquals(store.isPaused, true);
  assertEquals(await ask({ do: "resume" }), null);
  assertEquals(store.isPaused, false);
  assertEquals(await ask({ do: "add", name: "sendMail", payload: 1, options: {} }), "id of sendMail");
});

Deno.test("a state that there is not, or that cannot be purged, is refused", async () => {
  const store = new FakeTaskStore();
  await assertRejects(
    () => answerTo({ do: "list", state: "lost", limit: 1 }, store, noAdd),
    Error,
    "cannot choose tasks: lost is no state of a task: choose waiting, delayed, running, done, dead",
  );
  await assertRejects(
    () => answerTo({ do: "purge", state: "running" }, store, noAdd),
    Error,
    "cannot purge tasks: running: cancel them one by one, or choose another state",
  );
});

Deno.test("long texts are cut, so that every answer fits into a message", async () => {
  const store = new FakeTaskStore();
  const payload = JSON.stringify('"'.repeat(2_000_000));
  await store.add([{ ...task, payload }]);
  const shown = await answerTo({ do: "show", id: "1" }, store, noAdd);
  assert(shown.length <= longestTaskAnswer);
  assert(JSON.parse(shown).payload.length > 100_000);
  const name = "\u4e00".repeat(200);
  await store.add(Array.from({ length: 1_500 }, () => ({ ...task, name, key: name, payload: name })));
  const listed = await answerTo({ do: "list", state: "waiting", limit: 1_000 }, store, noAdd);
  assert(new TextEncoder().encode(JSON.stringify(listed)).length <= 1_000_000);
  assert(JSON.parse(listed).length > 100);
});
