import { noticeOf, watchdogInterval } from "../../../src/core/telemetry/service_notice.ts";
import { assertEquals } from "../../assert.ts";

const times = { now: 12_345.678, stopLimit: 35_000 };

Deno.test("a service manager learns what matters to the whole service, in the form of sd_notify(3)", () => {
  assertEquals(
    noticeOf({ kind: "complete", text: "2 workers ready" }, times),
    "READY=1\nSTATUS=2 workers ready",
  );
  assertEquals(
    noticeOf({ kind: "reload-began", text: "reload" }, times),
    "RELOADING=1\nMONOTONIC_USEC=12345678\nSTATUS=reload",
  );
  assertEquals(
    noticeOf({ kind: "upgraded", text: "process 7 serves", pid: 7 }, times),
    "MAINPID=7\nREADY=1\nWATCHDOG=1\nSTATUS=process 7 serves",
  );
  assertEquals(
    noticeOf({ kind: "stopping", text: "stopping" }, times),
    "STOPPING=1\nEXTEND_TIMEOUT_USEC=35000000\nSTATUS=stopping",
  );
  assertEquals(noticeOf({ kind: "scaled", text: "workers: 2 -> 3" }, times), "STATUS=workers: 2 -> 3");
  assertEquals(noticeOf({ kind: "worker-ready", text: "ready" }, times), null);
});

Deno.test("a reload or an upgrade that failed is over: the server serves as before, and the status says why", () => {
  for (const kind of ["reload-failed", "upgrade-failed"] as const) {
    assertEquals(
      noticeOf({ kind, text: "failed:\n  main.ts:1\nREADY=0" }, times),
      "READY=1\nSTATUS=failed: main.ts:1 READY=0",
    );
  }
});

Deno.test("signs of life come twice as often as the watchdog needs, from the process that it watches", () => {
  const interval = (usec?: string, pid?: string, isSuccessor = false) =>
    watchdogInterval({ usec, pid }, 5, isSuccessor);
  assertEquals(interval("30000000", "5"), 15_000);
  assertEquals(interval("30000000"), 15_000);
  assertEquals(interval("30000000", "6"), null);
  assertEquals(interval("30000000", "6", true), 15_000);
  for (const usec of [undefined, "", "0", "-1", "many"]) assertEquals(interval(usec), null);
});
