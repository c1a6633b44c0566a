/**
 * Another process: `run PATH OWNER LEASE` runs tasks without an end, `add PATH` adds tasks and prints the id of each that
 * was added.
 */

import { createSystem } from "../../../src/system/deno_system.ts";
import { sqliteStore } from "../../../src/tasks/sqlite/sqlite_store.ts";
import { newTask } from "../store_contract.ts";

const [what, path = "", owner = "", lease] = Deno.args;
const store = sqliteStore(createSystem(), { path, isDurable: true }, {
  lease: Number(lease),
  retention: 60_000,
});
if (what === "run") {
  const run = ({ id }: { id: string }) => {
    console.log(id);
    return new Promise<null>(() => {});
  };
  store.consume({ concurrency: 10, owner, run, onState: console.error, onDead: () => {} });
} else {
  for (;;) console.log((await store.add([newTask(), newTask()], 5000)).join("\n"));
}
