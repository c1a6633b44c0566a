import { assertEquals } from "../../assert.ts";
import { serving } from "../fake_master.ts";

Deno.test("after a death new connections are steered before another process is started", async () => {
  const master = await serving(2, { timeout: "0" });
  const processes: number[] = [];
  const update = master.steering.update.bind(master.steering);
  master.steering.update = (eligible, awaitsWorker) => {
    processes.push(master.fakeWorkers.length);
    update(eligible, awaitsWorker);
  };
  await master.exits(master.fakeWorkers[0]!, 1);
  assertEquals(processes.slice(0, 2), [2, 3]);
});
