import { createSystem } from "../../../src/system/deno_system.ts";
import { sqliteStore } from "../../../src/tasks/sqlite/sqlite_store.ts";
import { storeContract } from "../store_contract.ts";

for (const isDurable of [true, false]) {
  storeContract(isDurable ? "sqlite" : "memory", () => {
    const folder = Deno.makeTempDirSync();
    const place = { path: `${folder}/tasks.db`, isDurable };
    return {
      open: () => sqliteStore(createSystem(), place, { lease: 2000, retention: 3_600_000 }),
      remove: () => Deno.removeSync(folder, { recursive: true }),
    };
  });
}
