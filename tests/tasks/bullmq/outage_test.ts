import { assert, assertEquals } from "../../assert.ts";
import { newTask } from "../store_contract.ts";
import { redisTest } from "./redis_server.ts";

const program = new URL("worker_process.ts", import.meta.url).pathname;

redisTest("every task that was added is done, while workers and the server are killed", async (server) => {
  const journal = Deno.makeTempFileSync();
  const workers: Deno.ChildProcess[] = [];
  let started = 0;
  const work = () => {
    const args = [server.url, `worker-${++started}`, `worker-${started - 2}`, journal];
    workers.push(
      new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "--no-check", program, ...args],
        stdin: "null",
        stdout: "inherit",
        stderr: "inherit",
      }).spawn(),
    );
  };
  try {
    work();
    work();
    const store = server.store();
    const ids: string[] = [];
    let isAdding = true;
    const written = () => Deno.readTextFileSync(journal).trimEnd().split("\n").filter((line) => line !== "");
    const adding = (async () => {
      while (isAdding) {
        ids.push(...await store.add(Array.from({ length: 20 }, () => newTask()), 30_000));
        await server.until("the workers follow", () => !isAdding || ids.length < written().length + 300);
      }
    })();
    const more = async (count: number) => {
      const wanted = written().length + count;
      await server.until(`${count} more ran`, () => written().length >= wanted);
    };
    for (let round = 0; round < 4; round++) {
      await more(200);
      const worker = workers.shift();
      worker?.kill("SIGKILL");
      await worker?.status;
      work();
      if (round % 2 === 1) {
        await more(20);
        await server.end(round === 1 ? "SIGKILL" : "SIGTERM");
        await server.run();
      }
    }
    isAdding = false;
    await adding;
    await server.until("the store answers", () => store.counts().then(() => true, () => false));
    await server.until("all have ended", async () => {
      const { waiting, delayed, running } = await store.counts();
      return waiting + delayed + running === 0;
    }, 60_000);
    const runs = written();
    const ran = new Set(runs);
    assertEquals(ids.filter((id) => !ran.has(id)), []);
    assertEquals((await store.counts()).dead, 0);
    // Those that ran in a worker when it was killed, or ended while the server did.
    const repeated = runs.length - ran.size;
    assert(repeated <= 4 * 10 + 2 * 20, `${repeated} of ${ids.length} tasks ran again`);
  } finally {
    for (const worker of workers) worker.kill("SIGKILL");
    await Promise.all(workers.map(({ status }) => status));
    Deno.removeSync(journal);
  }
});
