/** Bull Board shows the tasks of a queue, and tries dead ones again. */

import { TaskFailure } from "../../../src/tasks/task_store.ts";
import { assert, assertEquals } from "../../assert.ts";
import { newTask } from "../store_contract.ts";
import { otherProgram } from "./other_program.ts";
import { redisTest } from "./redis_server.ts";

interface ShownJob {
  readonly id: string;
  readonly name: string;
  readonly data: unknown;
  readonly attempts: number;
  readonly failedReason?: string;
  readonly returnValue: unknown;
}

redisTest(
  "Bull Board shows tasks that wait, are done and are dead, and tries a dead one again",
  async (server) => {
    const store = server.store({}, "?queue=mail");
    let isBroken = true;
    const consumer = store.consume({
      concurrency: 1,
      owner: "one",
      run: (task) =>
        isBroken && JSON.stringify(task.payload()).includes("Bob")
          ? Promise.reject(new TaskFailure("no such mailbox"))
          : Promise.resolve('{"sent":true}'),
      onState: () => {},
      onDead: () => {},
    });
    const add = async (to: string, over = {}) => {
      const [id = ""] = await store.add([newTask({ payload: JSON.stringify({ to }), ...over })], 5000);
      return id;
    };
    const done = await add("Ada");
    const dead = await add("Bob");
    await server.until("both have ended", async () => {
      const { done, dead } = await store.counts();
      return done === 1 && dead === 1;
    });
    await store.pause();
    const waiting = await add("Cleo", { priority: 3 });
    const delayed = await add("Dan", { runAt: Date.now() + 3_600_000 });

    const board = otherProgram(new URL("board_program.mjs", import.meta.url), `${server.port}`, "mail");
    try {
      const lines = board.stdout.pipeThrough(new TextDecoderStream()).getReader();
      const address = (await lines.read()).value?.trim() ?? "";
      await lines.cancel();
      const shown = async (status: string) => {
        const answer = await fetch(`${address}/api/queues?activeQueue=mail&status=${status}`);
        const { queues: [queue] } = await answer.json();
        return { counts: queue.counts, isPaused: queue.isPaused, jobs: queue.jobs as ShownJob[] };
      };
      const page = await fetch(`${address}/queue/mail`);
      assert((await page.text()).includes("Bull"), "no page");

      const { counts, isPaused, jobs: [worked] } = await shown("completed");
      assertEquals([counts.completed, counts.failed, counts.delayed, isPaused], [1, 1, 1, true]);
      assertEquals([worked?.id, worked?.name, worked?.data, worked?.returnValue], [
        done,
        "greet",
        { to: "Ada" },
        { sent: true },
      ]);
      const [failed] = (await shown("failed")).jobs;
      assertEquals([failed?.id, failed?.data, failed?.failedReason], [
        dead,
        { to: "Bob" },
        "no such mailbox",
      ]);
      const [first] = (await shown("prioritized")).jobs;
      assertEquals([first?.id, first?.data], [waiting, { to: "Cleo" }]);
      assertEquals((await shown("delayed")).jobs.map(({ id }) => id), [delayed]);

      isBroken = false;
      const retried = await fetch(`${address}/api/queues/mail/${dead}/retry`, { method: "PUT" });
      await retried.body?.cancel();
      assertEquals(retried.status, 204);
      await store.resume();
      await server.until("the dead one is done", async () => (await store.show(dead))?.state === "done");
      await consumer.stop();
    } finally {
      board.kill("SIGKILL");
      await board.status;
    }
  },
);
