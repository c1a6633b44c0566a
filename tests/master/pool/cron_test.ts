import type { Generation } from "../../../src/master/workers/generation.ts";
import { assertEquals } from "../../assert.ts";
import { FakeMaster, type FakeMaster as Master, type FakeWorker } from "../fake_master.ts";

const bundling = (unstable: readonly string[]) => ({ number }: Generation) =>
  Promise.resolve({
    ...{
      source: "/srv/app.ts",
      exportName: "default",
      exportsApp: true,
      hasTasks: false,
      isPrepared: false,
      certificates: null,
      static: [],
    },
    ...{ unstable, sources: [], path: `/run/${number}.mjs` },
  });

async function servingCron(workers: number, unstable = ["cron"]): Promise<Master> {
  const master = new FakeMaster(workers, bundling(unstable));
  await master.allReady();
  return master;
}

/** What it was told: `+` and `-`, with the milliseconds from now on. */
function told({ received }: FakeWorker, { system: { clock } }: Master): string[] {
  return received.flatMap((message) =>
    message.type === "jobs" ? `${message.held ? "+" : "-"}${message.at - clock.wall()}` : []
  );
}

const all = (master: Master) => master.fakeWorkers.map((worker) => told(worker, master).join(" "));

Deno.test("one worker holds the jobs of Deno.cron, and another one after its death", async () => {
  const master = await servingCron(2);
  assertEquals(all(master), ["+0", ""]);
  await master.exits(master.fakeWorkers[0]!, 1);
  assertEquals(all(master), ["+0", "+1000", ""]);
  // The replacement changes nothing.
  await master.allReady();
  assertEquals(all(master), ["+0", "+1000", ""]);
});

Deno.test("a reload passes the jobs to the new generation, at one moment for both", async () => {
  const master = await servingCron(1);
  await master.signal("SIGHUP");
  await master.allReady();
  assertEquals(all(master), ["+0 -1000", "+1000"]);
});

Deno.test("apps without Deno.cron are told nothing", async () => {
  assertEquals(all(await servingCron(2, ["kv"])), ["", ""]);
});
