import { retarget, threadsPerProcess, workerRange } from "../../src/settings/worker_range.ts";
import { assertEquals } from "../assert.ts";
import { resolve } from "./resolving.ts";

function range(...args: string[]) {
  return workerRange(resolve({ args }).settings, 4);
}

Deno.test("workers alone is a fixed number; a bound makes it a range", () => {
  assertEquals(range("-w3"), { min: 3, max: 3, isFixed: true });
  assertEquals(range("--max-workers", "8"), { min: 1, max: 8, isFixed: false });
  assertEquals(range("--min-workers", "2"), { min: 2, max: 4, isFixed: false });
  assertEquals(range("--min-workers", "6"), { min: 6, max: 6, isFixed: false });
  assertEquals(range("--min-workers", "2", "--max-workers", "3"), { min: 2, max: 3, isFixed: false });
});

Deno.test("a reload keeps the target unless the settings change it", () => {
  assertEquals(retarget(5, range("-w3"), range("-w3")), 5);
  assertEquals(retarget(5, range("-w3"), range("-w4")), 4);
  assertEquals(retarget(5, range("-w3"), range("--max-workers", "4")), 4);
  assertEquals(retarget(3, range("--max-workers", "8"), range("--max-workers", "4")), 3);
  assertEquals(retarget(3, range("--max-workers", "8"), range("-w2")), 2);
  assertEquals(retarget(0, range("--max-workers", "8"), range("-w2")), 0);
});

Deno.test("with threads the settings count processes, and the range counts threads", () => {
  const threads = (...args: string[]) => range("-k", "threads", ...args);
  assertEquals(threads("-w3", "--threads", "2"), { min: 6, max: 6, isFixed: true });
  assertEquals(threads("-w1"), { min: 4, max: 4, isFixed: true });
  assertEquals(threads("-w2"), { min: 4, max: 4, isFixed: true });
  assertEquals(threads("-w8"), { min: 8, max: 8, isFixed: true });
  assertEquals(threads("--max-workers", "8", "--threads", "2"), { min: 2, max: 16, isFixed: false });
  assertEquals(threads("--min-workers", "1", "--threads", "2"), { min: 2, max: 4, isFixed: false });
  assertEquals(threads("--min-workers", "3", "--threads", "2"), { min: 6, max: 6, isFixed: false });
  assertEquals(retarget(4, range("-w4"), threads("-w1", "--threads", "2")), 2);
  assertEquals(threadsPerProcess(resolve({ args: ["-w2"] }).settings, 4), 1);
  assertEquals(threadsPerProcess(resolve({ args: ["-k", "threads"] }).settings, 200), 64);
});
