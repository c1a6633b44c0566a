/** A process that runs tasks of a queue until it is killed, and writes down each one before it is done. */

import { createSystem } from "../../../src/system/deno_system.ts";
import { bullMqStore } from "../../../src/tasks/bullmq/bullmq_store.ts";

const [url = "", owner = "", gone = "", journal = ""] = Deno.args;
const file = Deno.openSync(journal, { append: true, create: true });
const store = bullMqStore(createSystem(), url, { lease: 2000, retention: 3_600_000 });
const consumer = store.consume({
  concurrency: 10,
  owner,
  run: async ({ id }) => {
    await new Promise((resolve) => setTimeout(resolve, 5));
    file.writeSync(new TextEncoder().encode(`${id}\n`));
    return null;
  },
  onState: () => {},
  onDead: () => {},
});
// A master tells its workers of one that is gone; it may come before this one is connected.
if (gone !== "") setInterval(() => consumer.release(gone), 100);
