import { changedSettings } from "../../src/settings/changed.ts";
import { assertEquals } from "../assert.ts";
import { resolve } from "./resolving.ts";

Deno.test("nothing changes where only the origin does", () => {
  const none = { applied: [], needRestart: [] };
  assertEquals(changedSettings(resolve({}), resolve({})), none);
  assertEquals(
    changedSettings(resolve({}), resolve({ config: { workers: 1, bind: "127.0.0.1:8000" } })),
    none,
  );
});

Deno.test("changes are told apart by whether a reload applies them", () => {
  const old = resolve({ config: { workers: 2, bind: ":8000", env: { A: "1" } } });
  const next = resolve({ config: { workers: 4, bind: ":8001", env: { A: "2" }, pid: "a.pid", timeout: 30 } });
  assertEquals(changedSettings(old, next), {
    applied: ["env", "workers"],
    needRestart: ["bind", "pid"],
  });
});

Deno.test("a value that appears or vanishes is a change", () => {
  const off = resolve({});
  const on = resolve({ config: { accessLogfile: "-" } });
  assertEquals(changedSettings(off, on).applied, ["access-logfile"]);
  assertEquals(changedSettings(on, off).applied, ["access-logfile"]);
});
