import { LogFile } from "../../src/log/log_file.ts";
import { assertEquals } from "../assert.ts";
import { FakeSystem } from "../fakes/fake_system.ts";

const accessLog = { setting: "access-logfile", path: "/srv/x.log", stream: "stdout" } as const;

Deno.test("a line that comes after the close goes to the file, not to stdout", () => {
  const system = new FakeSystem();
  const file = new LogFile(system, accessLog);
  file.write("one\n");
  file.close();
  file.write("two\n");
  assertEquals([system.texts.get("/srv/x.log"), system.written], ["one\ntwo\n", { stdout: "", stderr: "" }]);
});

Deno.test("a late line whose file cannot be opened any more goes to stderr, with the reason", () => {
  const system = new FakeSystem();
  const files = { ...system.files };
  const file = new LogFile(
    Object.assign(Object.create(system), { files }),
    { ...accessLog, setting: "error-logfile" },
  );
  file.close();
  files.openLog = () => {
    throw new Error("No such directory");
  };
  file.write("late\n");
  assertEquals(system.written.stdout, "");
  assertEquals(
    system.written.stderr,
    "denicorn: cannot open error-logfile: /srv/x.log (No such directory): name a file that can " +
      "be written to, in a directory that exists, or use - for the standard stream; until then its lines come here\n" +
      "late\n",
  );
});

for (const setting of ["access-logfile", "error-logfile"]) {
  Deno.test(`a full disk is named once, and so is its end, for ${setting}`, () => {
    const system = new FakeSystem();
    let isFull = false;
    const files = {
      ...system.files,
      openLog: () => ({
        is: "file" as const,
        write(bytes: Uint8Array) {
          if (isFull) throw new Error("No space left on device");
          system.texts.set(
            "/srv/x.log",
            (system.texts.get("/srv/x.log") ?? "") + new TextDecoder().decode(bytes),
          );
        },
        close() {},
      }),
    };
    const file = new LogFile(Object.assign(Object.create(system), { files }), { ...accessLog, setting });
    file.write("one\n");
    isFull = true;
    for (const text of ["two\nthree\n", "four\n"]) file.write(text);
    isFull = false;
    file.write("five\n");
    file.write("six\n");
    const isAccess = setting === "access-logfile";
    assertEquals(system.texts.get("/srv/x.log"), "one\nfive\nsix\n");
    assertEquals(
      system.written.stderr,
      `denicorn: cannot write ${setting}: /srv/x.log (No space left on device): make room, or name another file ` +
        `and reload; until then its lines ${isAccess ? "are dropped" : "come here"}\n` +
        (isAccess ? "" : "two\nthree\nfour\n") +
        `denicorn: ${setting} /srv/x.log can be written to again: 3 lines ${
          isAccess ? "were dropped" : "came here"
        }\n`,
    );
  });
}
