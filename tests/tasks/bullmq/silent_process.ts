/** Runs a task while the server goes away and comes back, and prints only what the store says of that. */

import { createSystem } from "../../../src/system/deno_system.ts";
import { bullMqStore } from "../../../src/tasks/bullmq/bullmq_store.ts";
import { newTask } from "../store_contract.ts";

const store = bullMqStore(createSystem(), Deno.args[0] ?? "", { lease: 30_000, retention: 0 });
const states: (string | null)[] = [];
const gate = Promise.withResolvers<null>();
const consumer = store.consume({
  concurrency: 1,
  owner: "silent",
  run: () => gate.promise,
  onState: (problem) => states.push(problem),
  onDead: () => {},
});
await store.add([newTask()], 10_000);
// The test closes it when the server is back.
for await (const _ of Deno.stdin.readable);
while (states.length < 2) await new Promise((resolve) => setTimeout(resolve, 10));
gate.resolve(null);
await consumer.stop();
await store.close();
console.log(states[0]?.includes("does not answer"), states[1], states.slice(2).join());
