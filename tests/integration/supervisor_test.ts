/** The scene of examples/supervisor, whose log reads like the story. */

import { assert, assertEquals } from "../assert.ts";
import { testOnOneTarget } from "./harness.ts";

const folder = new URL("../../examples/supervisor", import.meta.url).pathname;

testOnOneTarget("2 to 4 workers answer 20 questions, and one of them is killed", async (host) => {
  const server = host.start({
    files: {},
    app: `${folder}/main.ts`,
    args: ["--config", `${folder}/denicorn.config.ts`],
    env: { THINKING_TIME: "400" },
  });
  await server.ready(1);
  const taskWorkers = () =>
    server.status().then((status) => (status?.tasks?.workers ?? []).filter(({ state }) => state === "ready"));
  await server.until("two task workers", async () => (await taskWorkers()).length === 2);
  const response = await server.fetch("/questions?count=20", { method: "POST" });
  const { ids } = await response.json();
  assertEquals([response.status, ids.length], [202, 20]);
  await server.logged(/task workers: 2 -> 3: (1\d|20) tasks waiting, more than task-backlog 10/);
  const [victim] = await server.until("the third worker", async () => {
    const ready = await taskWorkers();
    return ready.length >= 3 && ready;
  });
  const from = server.stderr.length;
  Deno.kill(victim!.pid, "SIGKILL");
  await server.logged(/task-worker=\d+ gen=1 pid=\d+ {2}.*SIGKILL.*replacing it now/, from);
  for (let number = 1; number <= 20; number++) {
    await server.logged(new RegExp(`answered question ${number}\\b`));
  }
  const { tasks } = (await server.status())!;
  assert(tasks !== null);
  server.kill("SIGTERM");
  assertEquals((await server.exit()).code, 0);
  assertEquals(server.leftovers(), []);
});
