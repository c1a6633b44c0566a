import { reloadProgress, showingProgress, upgradeProgress } from "../../../src/cli/ctl/wait_progress.ts";
import type { System } from "../../../src/system/system.ts";
import { assertEquals, assertRejects } from "../../assert.ts";
import { FakeSystem } from "../../fakes/fake_system.ts";
import { statusOf, workerStatus } from "../statuses.ts";

const old = (slot: number) => workerStatus({ slot, generation: 1 });
const next = (slot: number, state: "booting" | "ready" | "paused" = "ready") =>
  workerStatus({ slot, generation: 2, state });
const before = statusOf([old(0), old(1)]);

Deno.test("a reload builds the app, and then counts the workers of the new generation", () => {
  const during = (workers: Parameters<typeof statusOf>[0], generation: number) =>
    reloadProgress(before, statusOf(workers, { target: 2, generation }));
  assertEquals(during([old(0), old(1)], 1), "building the app");
  assertEquals(during([old(0), old(1), next(2, "booting")], 1), "0 of 2 workers ready");
  assertEquals(during([old(0), next(2)], 2), "1 of 2 workers ready");
  assertEquals(during([next(2, "paused"), next(3)], 2), "2 of 2 workers ready");
  assertEquals(during([next(2), next(3), next(4)], 2), "2 of 2 workers ready");
});

Deno.test("an upgrade counts the workers of the new master when that answers", () => {
  assertEquals(upgradeProgress(null), "starting the new master");
  const successor = statusOf([old(0), workerStatus({ slot: 1, state: "booting" })], { target: 1, spares: 1 });
  assertEquals(upgradeProgress(successor), "1 of 2 workers ready");
  assertEquals(upgradeProgress({ ...successor, target: 1, spares: 0 }), "1 of 1 worker ready");
});

/** A server whose reload takes 350 ms, with what a command shows of it. */
async function shown({ term = "xterm", fails = false }): Promise<string> {
  const outside = new FakeSystem();
  outside.terminal = true;
  outside.variables.set("TERM", term);
  let asked = 0;
  const system = Object.assign(Object.create(outside), {
    network: {
      ...outside.network,
      fetchUnix: () =>
        Promise.resolve(Response.json(
          ++asked < 3 ? before : statusOf([old(0), next(asked)], { target: 2, generation: 2 }),
        )),
    },
  }) as System;
  const work = () => outside.clock.advance(350).then(() => fails ? Promise.reject(new Error("no")) : "done");
  const end = showingProgress(system, "/run/control.sock", "reload", work);
  if (fails) await assertRejects(() => end, Error, "no");
  else assertEquals(await end, "done");
  return outside.written.stderr;
}

Deno.test("progress is rewritten and removed on a terminal, and in lines on a dumb one", async () => {
  const rewritten = ["", "building the app", "1 of 2 workers ready", ""].join("\r\x1b[K");
  assertEquals(await shown({}), rewritten);
  assertEquals(await shown({ fails: true }), rewritten);
  assertEquals(await shown({ term: "dumb" }), "building the app\n1 of 2 workers ready\n");
});
