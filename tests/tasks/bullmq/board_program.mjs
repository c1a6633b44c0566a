/** Bull Board on a queue, as other programs run it: `PORT QUEUE`. Prints its address. */

import { createBullBoard } from "@bull-board/api";
import { BullMQAdapter } from "@bull-board/api/bullMQAdapter";
import { HonoAdapter } from "@bull-board/hono";
import { serve } from "@hono/node-server";
import { serveStatic } from "@hono/node-server/serve-static";
import { Queue } from "bullmq";
import { Redis } from "ioredis";
import process from "node:process";

const [port, name] = process.argv.slice(2);
const connection = new Redis(Number(port), "127.0.0.1", { maxRetriesPerRequest: null });
const serverAdapter = new HonoAdapter(serveStatic);
createBullBoard({ queues: [new BullMQAdapter(new Queue(name, { connection }))], serverAdapter });
serve(
  { fetch: serverAdapter.registerPlugin().fetch, hostname: "127.0.0.1", port: 0 },
  (address) => console.log(`http://127.0.0.1:${address.port}`),
);
