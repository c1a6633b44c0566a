/** Another program that knows only BullMQ: `feed PORT QUEUE COUNT [OPTIONS]` adds jobs, `work PORT QUEUE` runs them. */

import { Queue, Worker } from "bullmq";
import { Redis } from "ioredis";
import process from "node:process";

const [what, port, name, count, options = "{}"] = process.argv.slice(2);
const connection = new Redis(Number(port), "127.0.0.1", { maxRetriesPerRequest: null });
if (what === "feed") {
  const queue = new Queue(name, { connection });
  for (let number = 0; number < Number(count); number++) {
    await queue.add("greet", { number }, JSON.parse(options));
  }
  await queue.close();
  connection.disconnect();
} else {
  const worker = new Worker(name, async (job) => {
    console.log(JSON.stringify([job.id, job.name, job.data, job.opts.attempts, job.opts.timeout]));
    await new Promise((resolve) => setTimeout(resolve, 5));
    return { by: "the other program" };
  }, { connection });
  await worker.waitUntilReady();
  console.log("ready");
}
