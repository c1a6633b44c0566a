import { assert, assertEquals, assertMatch } from "../../assert.ts";
import { FakeProcess } from "../../fakes/fake_system.ts";
import { serving } from "../fake_master.ts";

Deno.test("a successor has its whole time, also after one that could not be started", async () => {
  const master = await serving(1, { timeout: "0", bootTimeout: "20", prepareTimeout: "10" });
  master.system.processes.spawn = () => {
    throw new Error("No such file");
  };
  await master.signal("SIGUSR2");
  assertMatch(master.log, /upgrade failed, .*No such file/);
  await master.system.clock.advance(50_000);
  const successor = new FakeProcess(7);
  master.system.processes.spawn = () => successor;
  await master.signal("SIGUSR2");
  await master.system.clock.advance(59_000);
  assertEquals(successor.signals, []);
  await master.system.clock.advance(2_000);
  assertEquals(successor.signals, ["SIGKILL"]);
});

Deno.test("an upgrade that lost its control socket while it waited fails, so that nothing waits for it", async () => {
  const master = await serving(1, { timeout: "0" });
  await master.signal("SIGHUP");
  await master.signal("SIGUSR2");
  master.controlSocket = null;
  while (master.arbiter.phase === "reloading") {
    await master.allReady();
    await master.system.clock.advance(1_000);
    for (const worker of master.draining(1)) await master.exits(worker, 0);
  }
  assertMatch(master.log, /upgrade failed, this master keeps serving: .*control socket/);
  assertEquals(master.arbiter.eventLog.important.at(-1)?.kind, "upgrade-failed");
  assert(master.arbiter.upgradeWaitsFor === null);
});

Deno.test("an upgrade that waits ends when all workers are drained, so that none are started again", async () => {
  const master = await serving(1, { timeout: "0" });
  await master.signal("SIGHUP");
  await master.signal("SIGUSR2");
  assert(master.arbiter.upgradeWaitsFor !== null);
  await master.signal("SIGWINCH");
  assertMatch(master.log, /upgrade failed, this master keeps serving: all workers were drained on request/);
  assert(master.arbiter.upgradeWaitsFor === null);
  let hasSuccessor = false;
  const spawn = master.system.processes.spawn;
  master.system.processes.spawn = (options) => {
    hasSuccessor = true;
    return spawn(options);
  };
  for (let round = 0; round < 3; round++) {
    await master.system.clock.advance(1_000);
    for (const worker of master.draining(1)) await master.exits(worker, 0);
  }
  assert(!hasSuccessor);
  await master.signal("SIGUSR2");
  assert(hasSuccessor, "an upgrade that is requested after WINCH starts workers, as a reload does");
});
