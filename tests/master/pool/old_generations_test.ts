import { assert, assertEquals, assertMatch } from "../../assert.ts";
import { type FakeMaster, serving } from "../fake_master.ts";

/** Reloads once; the workers of older generations drain and do not finish. */
async function reload(master: FakeMaster): Promise<void> {
  await master.signal("SIGHUP");
  while (master.arbiter.phase === "reloading") {
    await master.system.clock.advance(10);
    await master.allReady();
  }
}

/** The numbers of the generations that have workers. */
function generations(master: FakeMaster): number[] {
  return [...new Set(master.alive().map(({ generation }) => generation))].sort((a, b) => a - b);
}

Deno.test("beyond max-old-generations the oldest generation is ended, and the log says so", async () => {
  const master = await serving(1, { maxOldGenerations: "2", gracefulTimeout: "3600", timeout: "0" });
  for (let reloads = 0; reloads < 2; reloads++) await reload(master);
  assertEquals(generations(master), [1, 2, 3]);
  assert(!master.log.includes("old generations"), master.log);
  await reload(master);
  assertEquals(master.fakeWorkers[0]!.process.signals, ["SIGKILL"]);
  assertEquals(master.fakeWorkers[1]!.process.signals, []);
  assertMatch(
    master.log,
    /generation 1: ending it before graceful-timeout: 3 old generations are still finishing \(max-old-generations 2\)/,
  );
});

Deno.test("slots never run out: when none is free the oldest generation makes room", async () => {
  const master = await serving(40, { gracefulTimeout: "3600", timeout: "0" });
  await reload(master);
  assertEquals(master.arbiter.phase, "running");
  assertEquals(master.alive(2).length, 40);
  assertMatch(
    master.log,
    /generation 1: ending it before graceful-timeout: no slot is free for a new worker/,
  );
});

Deno.test("workers that drain because of a smaller target are not an old generation", async () => {
  const master = await serving(3, { maxOldGenerations: "1", gracefulTimeout: "3600", timeout: "0" });
  master.arbiter.scale(1);
  await master.system.clock.advance(1_000);
  assertEquals(master.draining(1).length, 2);
  assert(!master.log.includes("ending it"), master.log);
});
