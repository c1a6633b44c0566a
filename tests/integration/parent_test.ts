/** What programs written for PM2 or for Node's cluster read of the process that starts their workers. */

import { assertEquals, assertMatch } from "../assert.ts";
import { freePort, testOnOneTarget } from "./harness.ts";

testOnOneTarget("a program that forks its workers runs only their part", async (host) => {
  const port = freePort();
  const program = `
import cluster, { isMaster } from "node:cluster";
import http from "node:http";
import { availableParallelism } from "node:os";

if (cluster.isPrimary || isMaster) {
  for (let i = 0; i < availableParallelism(); i++) cluster.fork();
  cluster.on("exit", () => cluster.fork());
} else {
  http.createServer((req, res) => {
    res.setHeader("content-type", "application/json");
    res.end(JSON.stringify([cluster.isWorker, cluster.worker.id, process.env.NODE_APP_INSTANCE]));
    if (req.url === "/end") cluster.worker.disconnect();
  }).listen(${port}, () => process.send("ready", () => console.log("sent")));
}
`;
  const server = host.start({
    files: { "main.ts": program },
    args: ["--workers", "2"],
    port,
    isBound: false,
  });
  const [first, second] = await server.ready(2);
  const seen = new Set<string>();
  await server.until("answers of both", async () => seen.add(await server.text()).size === 2);
  assertEquals([...seen].sort(), [`[true,1,"0"]`, `[true,2,"1"]`]);
  await server.until("both callbacks", () => server.stdout === "sent\nsent\n");
  const [, ended] = JSON.parse(await server.text("/end"));
  await server.until("its replacement", async () => {
    const workers = (await server.status())?.workers ?? [];
    const pids = workers.filter(({ state }) => state === "ready").map(({ pid }) => pid);
    const gone = ended === 1 ? first!.pid : second!.pid;
    return pids.length === 2 && !pids.includes(gone);
  });
});

testOnOneTarget("a program that forks all the same fails, and its error says what to do", async (host) => {
  for (const call of ["fork", "setupPrimary", "setupMaster"]) {
    const main = `const { ${call} } = require("cluster"); ${call}(); module.exports = () => new Response();`;
    const server = host.start({ files: { "main.cjs": main }, app: "main.cjs" });
    assertEquals((await server.exit()).code, 4);
    assertMatch(
      server.stderr,
      new RegExp(
        `main\\.cjs:1:\\d+: it throws while it is imported: Error: cannot call cluster\\.${call}\\(\\): ` +
          "Denicorn starts the workers: remove the call, or run only the part of the worker",
      ),
    );
  }
});

testOnOneTarget("messages to the parent are ignored, with one line", async (host) => {
  const main = `const send = () => [process.send("ready"), process.send({ type: "metrics" })];
send();
export default () => Response.json(send());\n`;
  const server = host.start({ files: { "main.ts": main }, args: ["--log-level", "debug"] });
  await server.ready(1);
  assertEquals(await server.text(), "[true,true]");
  await server.logged(/debug .*the app sends messages by process\.send: they are ignored/);
  assertEquals(server.stderr.match(/process\.send/g)?.length, 1);
});

testOnOneTarget("an app that sends nothing has no process.send", async (host) => {
  const main = `export default () => Response.json(["se" + "nd"].map((name) => name in process));\n`;
  const server = host.start({ files: { "main.ts": main } });
  await server.ready(1);
  assertEquals(await server.text(), "[false]");
});
