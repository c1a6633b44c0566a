import { changedSettings } from "../../src/settings/resolve.ts";
import { assertEquals } from "../assert.ts";
import { resolve } from "./resolving.ts";

Deno.test("a changed origin alone is not a change", () => {
  const none = { applied: [], needRestart: [] };
  assertEquals(changedSettings(resolve({}), resolve({})), none);
  assertEquals(
    changedSettings(resolve({}), resolve({ config: { workers: 1, bind: "127.0.0.1:8000" } })),
    none,
  );
});

Deno.test("changes are separated by whether a reload applies them", () => {
  const old = resolve({ config: { workers: 2, bind: ":8000", env: { A: "1" } } });
  const next = resolve({ config: { workers: 4, bind: ":8001", env: { A: "2" }, pid: "a.pid", timeout: 30 } });
  assertEquals(changedSettings(old, next), {
    applied: ["env", "workers"],
    needRestart: [
      { name: "bind", inForce: "0.0.0.0:8000", wanted: "0.0.0.0:8001" },
      { name: "pid", inForce: "none", wanted: "a.pid" },
    ],
  });
});

Deno.test("a value that is added or removed is a change", () => {
  const off = resolve({});
  const on = resolve({ config: { accessLogfile: "-" } });
  assertEquals(changedSettings(off, on).applied, ["access-logfile"]);
  assertEquals(changedSettings(on, off).applied, ["access-logfile"]);
});

Deno.test("a password that changes is a change, and neither is shown", () => {
  const url = (password: string) => `redis://:${password}@localhost:6379/0`;
  for (const key of ["taskStore", "channelUrl"] as const) {
    const changed = (old: string, next: string) =>
      changedSettings(resolve({ config: { [key]: url(old) } }), resolve({ config: { [key]: url(next) } }))
        .needRestart;
    const name = key === "taskStore" ? "task-store" : "channel-url";
    assertEquals(changed("one", "two"), [
      { name, inForce: url("***"), wanted: "one that differs in what is not shown" },
    ]);
    assertEquals(changed("one", "one"), []);
  }
});

Deno.test("a secret value that changes is a change, although it is not shown", () => {
  const changed = (old: string, next: string) =>
    changedSettings(resolve({ args: ["-e", `A=${old}`] }), resolve({ args: ["-e", `A=${next}`] })).applied;
  assertEquals(changed("1", "2"), ["env"]);
  assertEquals(changed("1", "1"), []);
});
