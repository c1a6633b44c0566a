import type { OldMaster } from "../../../src/master/transitions/launch.ts";
import { adoptOrphanedListeners } from "../../../src/master/transitions/orphaned_listeners.ts";
import type { Steering } from "../../../src/master/listeners/steering.ts";
import { openLog } from "../../../src/log/logger.ts";
import { assertEquals } from "../../assert.ts";
import { FakeClock } from "../../fakes/fake_clock.ts";
import { FakeSystem } from "../../fakes/fake_system.ts";

/** A new master whose clock jumps by `stall` milliseconds in its first pause, in which the listeners arrive. */
async function adoptAfterStall(stall: number, arrive: boolean): Promise<string | null> {
  const outside = new FakeSystem();
  outside.alive.add(71);
  let now = 0;
  let have = false;
  const clock = Object.assign(new FakeClock(), {
    monotonic: () => now,
    after(_ms: number, fire: () => void) {
      now += stall;
      have = arrive;
      queueMicrotask(fire);
      return () => {};
    },
  });
  const { logger } = openLog(
    outside,
    { logLevel: "info", logFormat: "text", errorLogfile: "-" },
    { pid: 1 },
  );
  const steering = { fdInbox: "/run/new/inbox.sock", adoptFromWorkers: () => have } as unknown as Steering;
  const oldMaster = {
    pid: 7,
    runtimeDirectory: "/run/old",
    handover: { workers: [71], areSent: true },
  } as unknown as OldMaster;
  const system = {
    clock,
    files: Object.assign(outside.files, { link: () => {} }),
    processes: outside.processes,
  };
  return await adoptOrphanedListeners(system, logger, oldMaster, steering, 1);
}

Deno.test("listeners that arrive while the new master does not run are adopted, however long that takes", async () => {
  assertEquals(await adoptAfterStall(60_000, true), null);
});

Deno.test("without them it gives up after a while, and says what follows", async () => {
  assertEquals(
    await adoptAfterStall(100, false),
    "the listeners of the old master's workers did not arrive: restart the server",
  );
});
