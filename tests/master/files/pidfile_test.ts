import { writePidfile } from "../../../src/master/files/pidfile.ts";
import { createSystem } from "../../../src/system/deno_system.ts";
import { assert, assertEquals, assertMatch, assertThrows } from "../../assert.ts";
import { FakeSystem } from "../../fakes/fake_system.ts";

const path = "/run/server.pid";

Deno.test("the pidfile holds the process id and is removed with the process", () => {
  const system = new FakeSystem();
  const pidfile = writePidfile(system, path, null, () => {});
  assertEquals(Object.fromEntries(system.texts), { [path]: "41\n" });
  pidfile.remove();
  assertEquals(system.texts.size, 0);
});

Deno.test("a stale pidfile is replaced, and the log says why", () => {
  for (
    const [content, why] of [
      ["77", "process 77 is gone"],
      ["78", "process 78 is another program now"],
      ["41", "process 41 is gone"],
      ["", "it contains no process id"],
    ]
  ) {
    const system = new FakeSystem();
    system.alive.add(78);
    system.texts.set(path, `${content}\n`);
    const told: string[] = [];
    writePidfile(system, path, null, (reason) => told.push(reason));
    assertEquals([told, system.texts.get(path)], [[why], "41\n"]);
  }
});

Deno.test("the pidfile of a running process is left alone, also where its id is that of this process", () => {
  for (const pid of ["77", "41"]) {
    const system = new FakeSystem();
    system.texts.set(path, `${pid}\n`);
    system.held.add(path);
    const error = assertThrows(() => writePidfile(system, path, null, () => {}));
    assertMatch(
      String(error),
      new RegExp(`cannot use pidfile: /run/server.pid names process ${pid}, which is running`),
    );
    assertEquals(system.texts.get(path), `${pid}\n`);
  }
});

Deno.test("where the system knows no locks, a process with the id in the file counts as its owner", () => {
  const system = new FakeSystem();
  system.texts.set(path, "77\n");
  system.alive.add(77);
  const { lockFile } = system.files;
  const files = { ...system.files, lockFile: (path: string) => ({ ...lockFile(path), isHeld: () => null }) };
  const start = () => writePidfile(Object.assign(Object.create(system), { files }), path, null, () => {});
  assertMatch(String(assertThrows(start)), /names process 77, which is running/);
  system.alive.clear();
  start();
  assertEquals(system.texts.get(path), "41\n");
});

Deno.test("a file that holds something else than a process id is neither replaced nor shown", () => {
  for (const content of ["export default app;", "-1", "77 secret", "7e3"]) {
    const system = new FakeSystem();
    system.texts.set(path, content);
    const error = assertThrows(() => writePidfile(system, path, null, () => {}));
    assertEquals(
      error instanceof Error && error.message,
      "cannot write pidfile: /run/server.pid (it holds something else than a process id): give a path in a " +
        "directory this user may write to, where nothing else is",
    );
    assertEquals(system.texts.get(path), content);
  }
});

Deno.test("a pidfile that another master took over is not removed", () => {
  const system = new FakeSystem();
  const pidfile = writePidfile(system, path, null, () => {});
  system.texts.set(path, "78\n");
  pidfile.remove();
  assertEquals(system.texts.get(path), "78\n");
});

/** Calls `body` with a private folder. */
function inFolder(body: (folder: string) => void): void {
  const folder = Deno.makeTempDirSync({ prefix: "denicorn-pid-test-" });
  try {
    body(folder);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

function refusal(path: string): string {
  const error = assertThrows(() => writePidfile(createSystem(), path, null, () => {}));
  return error instanceof Error ? error.message : "";
}

Deno.test("what is no regular file is neither read nor replaced", () => {
  inFolder((folder) => {
    new Deno.Command("mkfifo", { args: [`${folder}/fifo`] }).outputSync();
    Deno.mkdirSync(`${folder}/directory`);
    Deno.symlinkSync("/dev/zero", `${folder}/link`);
    Deno.writeTextFileSync(`${folder}/large`, "7".repeat(1_000));
    for (const name of ["fifo", "directory", "link", "large"]) {
      const before = Deno.lstatSync(`${folder}/${name}`).ino;
      assertMatch(
        refusal(`${folder}/${name}`),
        /^cannot write pidfile: .*(not a regular file|longer than 64)/,
      );
      assertEquals(Deno.lstatSync(`${folder}/${name}`).ino, before);
    }
    assertMatch(refusal("/dev/null"), /not a regular file/);
    assertMatch(refusal("/dev/stdout"), /an open file of this process/);
    assert(Deno.lstatSync("/dev/null").isCharDevice);
  });
});

Deno.test("a start does not follow a link that another user made, and leaves no draft behind", () => {
  inFolder((folder) => {
    Deno.chmodSync(folder, 0o777);
    Deno.mkdirSync(`${folder}/theirs`);
    Deno.symlinkSync(`${folder}/theirs`, `${folder}/elsewhere`);
    // In a directory that all may write to even an own link may have been put there by another user.
    assertMatch(refusal(`${folder}/elsewhere/server.pid`), /another user may have made the link .*elsewhere/);
    Deno.chmodSync(folder, 0o755);
    const pidfile = writePidfile(createSystem(), `${folder}/elsewhere/server.pid`, null, () => {});
    assertEquals(Array.from(Deno.readDirSync(`${folder}/theirs`), ({ name }) => name), ["server.pid"]);
    pidfile.remove();
    assertEquals(Array.from(Deno.readDirSync(`${folder}/theirs`)).length, 0);
  });
});
