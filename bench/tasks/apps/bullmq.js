/**
 * The same with plain BullMQ, under Deno and Node: `bullmq.js work` runs tasks, and `bullmq.js serve` adds them on port
 * `PORT`.
 */

import { Queue, Worker } from "bullmq";
import { Buffer } from "node:buffer";
import { createServer } from "node:http";
import process from "node:process";
import { addAll, Tally } from "./tally.js";

const connection = { host: "127.0.0.1", port: Number(process.env.REDIS_PORT), maxRetriesPerRequest: null };
// As Denicorn keeps them.
const defaultJobOptions = {
  removeOnComplete: { age: 86_400, count: 10_000 },
  removeOnFail: false,
  attempts: 4,
};

if (process.argv[2] === "work") {
  const tally = new Tally(process.env.TALLY);
  new Worker("bench", (job) => tally.run(job.data), {
    connection,
    concurrency: Number(process.env.CONCURRENCY),
  });
} else {
  const queue = new Queue("bench", { connection, defaultJobOptions });
  createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    if (request.method === "GET") return response.end("Hello, World!");
    const took = await addAll(JSON.parse(Buffer.concat(chunks)), (payload) => queue.add("work", payload));
    response.end(JSON.stringify(took));
  }).listen(Number(process.env.PORT), "127.0.0.1");
}
