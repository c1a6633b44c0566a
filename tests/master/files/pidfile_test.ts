import { staleness, writePidfile } from "../../../src/master/files/pidfile.ts";
import { assertEquals, assertMatch, assertThrows } from "../../assert.ts";
import { FakeSystem } from "../../fakes/fake_system.ts";

const path = "/run/server.pid";

Deno.test("the pidfile holds the process id and is removed with the process", () => {
  const system = new FakeSystem();
  const pidfile = writePidfile(system, path, null, () => {});
  assertEquals(Object.fromEntries(system.texts), { [path]: "41\n" });
  pidfile.remove();
  assertEquals(system.texts.size, 0);
});

Deno.test("a stale pidfile is replaced and reported; its content may be anything", () => {
  for (const content of ["77", "", "not a number", "-1", "41"]) {
    const system = new FakeSystem();
    system.texts.set(path, `${content}\n`);
    const told: string[] = [];
    writePidfile(system, path, null, (stale) => told.push(stale));
    assertEquals([told, system.texts.get(path)], [[content], "41\n"]);
  }
});

Deno.test("the pidfile of a running process is left alone", () => {
  const system = new FakeSystem();
  system.texts.set(path, "77\n");
  system.alive.add(77);
  const error = assertThrows(() => writePidfile(system, path, null, () => {}));
  assertMatch(String(error), /cannot use pidfile: \/run\/server\.pid names process 77, which is running/);
  assertEquals(system.texts.get(path), "77\n");
});

Deno.test("a pidfile that another master took over is not removed", () => {
  const system = new FakeSystem();
  const pidfile = writePidfile(system, path, null, () => {});
  system.texts.set(path, "78\n");
  pidfile.remove();
  assertEquals(system.texts.get(path), "78\n");
});

Deno.test("the log says why a pidfile is replaced", () => {
  assertEquals(staleness("77"), "process 77 is gone");
  for (const content of ["", "not a number", "-1"]) {
    assertEquals(staleness(content), "it contains no process id");
  }
});

Deno.test("a device or a directory is not read, let alone replaced", () => {
  const system = new FakeSystem();
  system.texts.set(path, "");
  const files = {
    ...system.files,
    stat: (path: string) => ({ ...system.files.stat(path)!, isFile: false }),
    readTextSync: () => {
      throw new Error("read");
    },
  };
  const error = assertThrows(() => writePidfile({ ...system, files }, path, null, () => {}));
  assertMatch(String(error), /cannot write pidfile: \/run\/server\.pid \(it is not a file\): give a path/);
  assertEquals(Object.fromEntries(system.texts), { [path]: "" });
});
