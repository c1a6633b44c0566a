import { endingOf } from "../../../src/core/pool/death.ts";
import { assertEquals } from "../../assert.ts";

const ready = { is: "ready", since: 0, lastHeartbeat: 0 } as const;
const draining = { is: "draining", since: 0, deadline: 1 } as const;

Deno.test("a ready worker that ends is a death, however politely", () => {
  assertEquals(endingOf(ready, { code: 0, signal: null }, false), {
    is: "death",
    text: "died (exit code 0)",
    cause: "crash",
  });
});

Deno.test("SIGKILL from outside is told apart from a crash", () => {
  assertEquals(endingOf(ready, { code: 137, signal: "SIGKILL" }, false), {
    is: "death",
    text: "died (SIGKILL)",
    cause: "killed",
  });
});

Deno.test("a drained worker was meant to end; one that dies on the way is worth a note", () => {
  const noted = (code: number, failed: boolean) => {
    const ending = endingOf(draining, { code, signal: null }, failed);
    return ending.is === "meant" && ending.worthReporting;
  };
  assertEquals([noted(0, false), noted(1, true), noted(1, false)], [false, false, true]);
});

Deno.test("a worker killed for silence died; one killed because nobody wants it did not", () => {
  const exit = { code: 137, signal: "SIGKILL" };
  assertEquals(endingOf({ is: "killed", because: "unresponsive" }, exit, false).is, "death");
  assertEquals(endingOf({ is: "killed", because: "unwanted" }, exit, false).is, "meant");
});
