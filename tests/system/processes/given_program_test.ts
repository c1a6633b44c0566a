import { givenCommand } from "../../../src/system/processes/given_program.ts";
import { assertEquals } from "../../assert.ts";
import { FakeSystem } from "../../fakes/fake_system.ts";

/** A system in which `program` is the running one, started as `name`. */
function started(name: string, program: string, path = "/usr/local/bin:bin:/usr/bin"): FakeSystem {
  const system = new FakeSystem();
  system.texts.set("/proc/self/cmdline", `${name}\0app.ts\0`);
  system.variables.set("PATH", path);
  system.texts.set(program, "");
  Object.assign(system.files, {
    isSame: (found: string, other: string) => other === "/proc/self/exe" && found === program,
    isExecutable: () => true,
  });
  return system;
}

Deno.test("a path is followed again from the working directory as it was given", () => {
  const find = (name: string, program: string) => givenCommand(started(name, program), "/srv/current")();
  assertEquals(find("/opt/current/denicorn", "/opt/current/denicorn"), ["/opt/current/denicorn"]);
  assertEquals(find("./denicorn", "/srv/current/./denicorn"), ["/srv/current/./denicorn"]);
});

Deno.test("a name is looked for in PATH again", () => {
  const system = started("denicorn", "/usr/bin/denicorn");
  const find = givenCommand(system, "/srv");
  assertEquals(find(), ["/usr/bin/denicorn"]);
  system.texts.set("/usr/local/bin/denicorn", "");
  assertEquals(find(), ["/usr/local/bin/denicorn"]);
});

Deno.test("a name that does not lead to the running program is not used", () => {
  for (const name of ["master", "/bin/sh", "-denicorn", ""]) {
    assertEquals(givenCommand(started(name, "/opt/real"), "/srv")(), ["/opt/denicorn"]);
  }
  assertEquals(givenCommand(new FakeSystem(), "/srv")(), ["/opt/denicorn"]);
});

Deno.test("from source, modules below the working directory are reached through its links", () => {
  const system = started("/opt/deno", "/opt/deno");
  const root = new URL("../../../", import.meta.url).pathname.replace(/\/$/, "");
  system.host.standalone = false;
  system.host.cwd = () => root;
  assertEquals(givenCommand(system, "/srv/current")().at(-1), "/srv/current/main.ts");
  assertEquals(givenCommand(system, root)().at(-1), `${root}/main.ts`);
});
