import { LogFile } from "../../src/log/log_file.ts";
import { assertEquals, assertMatch } from "../assert.ts";
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

/** A log on a disk that takes `room` more bytes, with what the file has and what stderr got. */
function onDisk(setting: string) {
  const system = new FakeSystem();
  const disk = { room: Infinity, text: "" };
  const files = {
    ...system.files,
    openLog: () => ({
      is: "file" as const,
      write(bytes: Uint8Array) {
        const taken = bytes.subarray(0, disk.room);
        if (taken.length === 0) throw new Error("No space left on device");
        disk.room -= taken.length;
        disk.text += new TextDecoder().decode(taken);
        return taken.length;
      },
      close() {},
    }),
  };
  const file = new LogFile(Object.assign(Object.create(system), { files }), { ...accessLog, setting });
  return { system, disk, file };
}

const problem = (setting: string) =>
  `denicorn: cannot write ${setting}: /srv/x.log (No space left on device): make room, or name another file and ` +
  "reload; until then its lines ";

Deno.test("on a full disk the lines of the error log go to stderr, and what happens is named once", () => {
  const { system, disk, file } = onDisk("error-logfile");
  file.write("one\n");
  disk.room = 0;
  for (const text of ["two\nthree\n", "four\n"]) file.write(text);
  disk.room = Infinity;
  for (const text of ["five\n", "six\n"]) file.write(text);
  assertEquals(disk.text, "one\nfive\nsix\n");
  assertEquals(
    system.written.stderr,
    `${problem("error-logfile")}come here\ntwo\nthree\nfour\n` +
      "denicorn: error-logfile /srv/x.log can be written to again: 3 lines came here\n",
  );
});

Deno.test("on a full disk the lines of the access log wait, in their order, until there is room", async () => {
  const { system, disk, file } = onDisk("access-logfile");
  file.write("one\n");
  disk.room = 0;
  for (const text of ["two\nthree\n", "four\n"]) file.write(text);
  await system.clock.advance(3_000);
  disk.room = Infinity;
  file.write("five\n");
  assertEquals(disk.text, "one\n");
  await system.clock.advance(1_000);
  file.write("six\n");
  assertEquals(disk.text, "one\ntwo\nthree\nfour\nfive\nsix\n");
  assertEquals(
    system.written.stderr,
    `${problem("access-logfile")}wait\n` +
      "denicorn: access-logfile /srv/x.log can be written to again: 4 lines had to wait\n",
  );
  assertEquals(system.clock.timers, 0);
});

Deno.test("a line of which the disk has taken a part is written again as a whole, on a line of its own", async () => {
  const { system, disk, file } = onDisk("access-logfile");
  disk.room = 6;
  file.write("one\ntwo\nthree\n");
  assertEquals(disk.text, "one\ntw");
  disk.room = 1;
  await system.clock.advance(1_000);
  disk.room = Infinity;
  await system.clock.advance(1_000);
  assertEquals(disk.text, "one\ntw\ntwo\nthree\n");
});

Deno.test("lines wait up to a bound, and what is lost is counted", async () => {
  const { system, disk, file } = onDisk("access-logfile");
  disk.room = 0;
  const line = `${"x".repeat(1_023)}\n`;
  for (let count = 0; count < 2_000; count++) file.write(line);
  disk.room = Infinity;
  await system.clock.advance(1_000);
  assertEquals(disk.text.length, 1_048_576);
  assertMatch(system.written.stderr, /written to again: 1024 lines had to wait, 976 lines dropped\n$/);
});

Deno.test("lines that wait are tried once more at the end, and counted if that fails", () => {
  for (const room of [0, Infinity]) {
    const { system, disk, file } = onDisk("access-logfile");
    disk.room = 0;
    file.write("one\ntwo\n");
    disk.room = room;
    file.close();
    assertEquals(disk.text, room === 0 ? "" : "one\ntwo\n");
    assertMatch(
      system.written.stderr,
      room === 0 ? /could not be written to until the end: 2 lines lost\n$/ : /again: 2 lines had to wait\n$/,
    );
  }
});
