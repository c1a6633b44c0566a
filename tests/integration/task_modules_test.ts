/** Tasks in a module of their own, and what a worker does that runs them. */

import { assert, assertEquals, assertMatch } from "../assert.ts";
import { integrationTest } from "./harness.ts";

const jobs = `
import { added } from "./count.js";
import { context } from "denicorn";
import process from "node:process";

export const tasks = {
  report: (text, { log }) => log.info(["report", text, added(), context().role, process.env.NODE_APP_INSTANCE].join(" ")),
  block() {
    for (;;);
  },
  throwLater: () => {
    setTimeout(() => {
      throw new Error("nothing catches this");
    }, 1);
    return new Promise(() => {});
  },
  slow: (_, { log }) => new Promise((resolve) => setTimeout(resolve, 500)).then(() => log.info("slow is done")),
};
`;

const count = "let count = 0;\nexport const added = () => ++count;";

const fetchApp = `
import { enqueue } from "denicorn";
export default {
  fetch: async (request) => {
    const { name, payload, options } = await request.json();
    return new Response(await enqueue(name, payload, options));
  },
};
`;

/** A task as a request of one of these apps. */
function task(name: string, payload: unknown = null, options: unknown = {}): RequestInit {
  return { method: "POST", body: JSON.stringify({ name, payload, options }) };
}

integrationTest(
  "a server of node:http has its tasks in another module, and listens in no task worker",
  async (host) => {
    const app = `
import { createServer } from "node:http";
import { enqueue } from "denicorn";
import { added } from "./count.js";
added();
createServer(async (request, response) => response.end(await enqueue("report", request.url))).listen(0);
`;
    const server = host.start({
      files: { "main.ts": app, "jobs.js": jobs, "count.js": count },
      args: ["--tasks", "jobs.js", "--task-workers", "1"],
    });
    await server.ready(1);
    assertEquals(await server.text("/a"), "1");
    const [line] = await server.logged(/task-worker=0 .*report \/a 2 tasks 0 \(task 1 report, attempt 1\)/);
    assertMatch(line, /^task-worker/);
    server.kill("SIGTERM");
    assertEquals((await server.exit()).code, 0);
    assertEquals(server.leftovers(), []);
  },
);

integrationTest(
  "the log names the task that blocks its worker",
  async (host) => {
    const server = host.start({
      files: { "main.ts": fetchApp, "jobs.js": jobs, "count.js": count },
      args: ["--tasks", "jobs.js", "--timeout", "1s", "--stall-after", "200ms"],
    });
    await server.ready(1);
    await server.fetch("/", task("block", null, { retries: 0 }));
    await server.logged(/task-worker=0 .*killed: unresponsive .* TASK block/);
    server.kill("SIGKILL");
    await server.exit();
  },
);

integrationTest("an error that nothing catches lets the other tasks of its worker finish", async (host) => {
  const server = host.start({
    files: { "main.ts": fetchApp, "jobs.js": jobs, "count.js": count },
    args: ["--tasks", "jobs.js", "--graceful-timeout", "2s"],
  });
  await server.ready(1);
  await server.fetch("/", task("slow"));
  await server.fetch("/", task("throwLater", null, { retries: 0 }));
  await server.logged(/task-worker=0 .*uncaught error in the app, with tasks running: .*throwLater 2/);
  await server.logged(/slow is done \(task 1 slow, attempt 1\)/);
  await server.logged(/task-worker=0 .*gave back 1 task at graceful-timeout: throwLater 2/);
  assert(server.stderr.match(/slow is done/g)?.length === 1);
  server.kill("SIGKILL");
  await server.exit();
});

integrationTest("a cron entry is added once for all task workers", async (host) => {
  const cron = `${jobs}
export const cron = { often: { schedule: "* * * * * *", task: "report", payload: "cron" } };
`;
  const server = host.start({
    files: { "main.ts": fetchApp, "jobs.js": cron, "count.js": count },
    args: ["--tasks", "jobs.js", "--task-workers", "2"],
  });
  await server.logged(/report cron .*\(task 3 report/);
  const seconds = server.stderr.split("\n").filter((line) => line.includes("report cron"))
    .map((line) => line.slice(0, "2026-01-01T00:00:00".length));
  assertEquals(new Set(seconds).size, seconds.length);
  server.kill("SIGTERM");
  assertEquals((await server.exit()).code, 0);
  assertEquals(server.leftovers(), []);
});
