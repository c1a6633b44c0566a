import { assertEquals, assertMatch } from "../assert.ts";
import { serving, Stage } from "./stage.ts";

const delayed = { shutdownDelay: "5" };

/** Time passes, and everybody who is ready beats. */
async function pass(stage: Stage, ms: number): Promise<void> {
  for (let time = 0; time < ms; time += 250) {
    for (const actor of stage.alive()) stage.slot(actor).beat();
    await stage.system.clock.advance(Math.min(250, ms - time));
  }
}

Deno.test("TERM serves on for shutdown-delay, says so, and replaces who dies meanwhile", async () => {
  const stage = await serving(2, delayed);
  await stage.signal("SIGTERM");
  assertMatch(stage.log, /stopping in 5 s \(shutdown-delay\): serving until then/);
  assertEquals([stage.arbiter.phase, stage.draining(1).length], ["stopping", 0]);
  await stage.exits(stage.actors[0]!, 1);
  await pass(stage, 2_000);
  await stage.allReady();
  assertEquals([stage.alive().length, stage.draining(1).length], [2, 0]);
  // What would change the server is ignored.
  await stage.signal("SIGHUP");
  await stage.signal("SIGTTIN");
  assertEquals([stage.alive().length, stage.arbiter.target], [2, 2]);
  await pass(stage, 2_999);
  assertEquals(stage.draining(1).length, 0);
  await pass(stage, 1);
  assertEquals([stage.draining(1).length, stage.arbiter.phase], [2, "stopping"]);
  for (const actor of stage.alive()) await stage.exits(actor, 0);
  assertEquals([stage.alive().length, stage.outcome], [0, null]);
});

Deno.test("a second TERM, or INT, stops at once in spite of shutdown-delay", async () => {
  for (const second of ["SIGTERM", "SIGINT"] as const) {
    const stage = await serving(2, delayed);
    await stage.signal("SIGTERM");
    await stage.signal(second);
    assertEquals([stage.alive().length, stage.outcome], [0, null]);
  }
  const stage = await serving(1, delayed);
  await stage.signal("SIGINT");
  assertEquals([stage.alive().length, stage.outcome], [0, null]);
});

Deno.test("a server that does not serve yet does not wait", async () => {
  const stage = new Stage(2, undefined, delayed);
  await stage.signal("SIGTERM");
  assertEquals([stage.alive().length, stage.outcome], [0, null]);
});

Deno.test("a roll goes on while the stop is delayed", async () => {
  const stage = await serving(2, delayed);
  await stage.signal("SIGHUP");
  await stage.signal("SIGTERM");
  await stage.allReady();
  assertEquals([stage.alive(2).length, stage.draining(1).length], [2, 1]);
  await pass(stage, 5_000);
  for (const actor of stage.alive()) await stage.exits(actor, 0);
  assertEquals(stage.outcome, null);
});
