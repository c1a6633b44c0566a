import { endingOf, stateAtEnd } from "../../../src/core/pool/death.ts";
import { assertEquals } from "../../assert.ts";

const ready = { is: "ready", since: 0, lastHeartbeat: 0 } as const;
const draining = { is: "draining", since: 0, requestDeadline: 1, deadline: 1 } as const;

Deno.test("a ready worker that exits has died, even with exit code 0", () => {
  assertEquals(endingOf(ready, { code: 0, signal: null }, false), {
    is: "death",
    text: "died (exit code 0)",
    cause: "crash",
  });
});

Deno.test("SIGKILL from outside is distinguished from a crash", () => {
  assertEquals(endingOf(ready, { code: 137, signal: "SIGKILL" }, false), {
    is: "death",
    text: "died (SIGKILL)",
    cause: "killed",
  });
});

Deno.test("the end of a drained worker is intended; a death while draining is reported", () => {
  const isReported = (code: number, failed: boolean) => {
    const ending = endingOf(draining, { code, signal: null }, failed);
    return ending.is === "expected" && ending.worthReporting;
  };
  assertEquals([isReported(0, false), isReported(1, true), isReported(1, false)], [false, false, true]);
});

Deno.test("a drained worker may end as programs do that got a signal; one that is killed is reported", () => {
  assertEquals(endingOf(draining, { code: 143, signal: null }, false), {
    is: "expected",
    text: "drained",
    worthReporting: false,
  });
  assertEquals(endingOf(draining, { code: 143, signal: "SIGTERM" }, false), {
    is: "expected",
    text: "died while draining (SIGTERM)",
    worthReporting: true,
  });
});

Deno.test("killing an unresponsive worker counts as a death; killing an unwanted one does not", () => {
  const exit = { code: 137, signal: "SIGKILL" };
  assertEquals(endingOf({ is: "killed", because: "unresponsive" }, exit, false).is, "death");
  assertEquals(endingOf({ is: "killed", because: "unwanted" }, exit, false).is, "expected");
});

Deno.test("a worker that the kernel ended because its event loop was blocked ended as if the master had killed it", () => {
  const exit = { code: 142, signal: "SIGALRM" };
  const unresponsive = { is: "killed", because: "unresponsive" } as const;
  assertEquals(stateAtEnd(ready, exit), unresponsive);
  assertEquals(endingOf(unresponsive, exit, false), {
    is: "death",
    text: "killed: unresponsive for longer than timeout",
    cause: "hang",
  });
  const booting = { is: "booting", since: 0, isLoaded: false } as const;
  assertEquals(stateAtEnd(booting, exit), { is: "killed", because: "boot-timeout" });
  assertEquals(stateAtEnd({ ...booting, isLoaded: true }, exit), { is: "killed", because: "listen-timeout" });
});

Deno.test("only an event loop that was blocked changes the state in which a worker ended", () => {
  for (const signal of [null, "SIGKILL", "SIGTERM"]) {
    assertEquals(stateAtEnd(ready, { code: 1, signal }), ready);
  }
  const exit = { code: 142, signal: "SIGALRM" };
  assertEquals(stateAtEnd(draining, exit), draining);
  const killed = { is: "killed", because: "quick-stop" } as const;
  assertEquals(stateAtEnd(killed, exit), killed);
});

Deno.test("a worker that V8 ended probably had a full heap, and the log says at which limit", () => {
  const exit = { code: 133, signal: "SIGTRAP" };
  const text = (heapLimit?: number) => endingOf(ready, exit, false, heapLimit).text;
  assertEquals(
    text(100 * 1024 ** 2),
    "died (SIGTRAP: its heap was probably full, at 100M (max-heap): look for a memory leak, or raise max-heap)",
  );
  assertEquals(
    text(),
    "died (SIGTRAP: its heap was probably full, at the limit of the runtime: look for a memory leak, or replace " +
      "workers that grow (max-memory))",
  );
});
