import { Refusal } from "../../../src/control/master_commands.ts";
import { WorkerDesk } from "../../../src/master/commands/worker_desk.ts";
import type { WorkerHandle } from "../../../src/master/workers/worker_handle.ts";
import type { WorkerTable } from "../../../src/master/workers/worker_table.ts";
import { assertEquals, assertRejects } from "../../assert.ts";
import { FakeClock, settled } from "../../fakes/fake_clock.ts";

const description = {
  requests: [],
  others: 0,
  ...{ heapUsed: 1, heapTotal: 2, external: 3, resident: 4 },
  tasks: "",
};

function desk() {
  const clock = new FakeClock();
  const asked: number[] = [];
  const worker = (slot: number) =>
    ({
      slot,
      process: { pid: 100 + slot },
      send: ({ number }: { number: number }) => void asked.push(number),
    }) as unknown as WorkerHandle;
  const workers = [worker(0), worker(3)] as const;
  const table = { bySlot: () => workers } as unknown as WorkerTable;
  return { clock, asked, workers, desk: new WorkerDesk(clock, table) };
}

Deno.test("a worker answers for itself, and for no other", async () => {
  const { desk: own, workers: [first, other], asked } = desk();
  const report = own.describe(0);
  own.answered(other, asked[0]!, { ...description, others: 9 });
  own.answered(first, asked[0]! + 1, { ...description, others: 9 });
  own.answered(first, asked[0]!, description);
  assertEquals(await report, { description, problem: null });
});

Deno.test("one that is blocked, or ends, has no description but a reason", async () => {
  const { desk: own, clock, workers: [first] } = desk();
  const blocked = own.describe(0);
  await clock.advance(1_000);
  const problem = "cannot describe worker 0: worker process 100 did not answer within 1 s: try again";
  assertEquals(await blocked, { description: null, problem });
  const ending = own.describe(0);
  await settled();
  own.gone(first);
  assertEquals(
    (await ending).problem,
    "cannot describe worker 0: worker process 100 ended before it answered: try again",
  );
  assertEquals(clock.timers, 0);
});

Deno.test("a worker that does not exist is refused, with those that do", async () => {
  await assertRejects(() => desk().desk.describe(1), Refusal, "the workers are 0, 3");
});
