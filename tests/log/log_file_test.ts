import { AccessLog, type AccessRecord, accessText } from "../../src/log/access_log.ts";
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
    accessLog,
  );
  file.close();
  files.openLog = () => {
    throw new Error("No such directory");
  };
  file.write("late\n");
  assertEquals(system.written.stdout, "");
  assertEquals(
    system.written.stderr,
    "cannot open access-logfile: /srv/x.log (No such directory): name a file that can " +
      "be written to, in a directory that exists, or use - for the standard stream\nlate\n",
  );
});

Deno.test("an access line that comes after the close is written at once", () => {
  const record: AccessRecord = {
    time: 0,
    remote: "192.0.2.7",
    method: "GET",
    target: "/late",
    status: 200,
    referer: null,
    userAgent: null,
    duration: 1,
    worker: 0,
  };
  const system = new FakeSystem();
  const log = new AccessLog(system, "/srv/access.log", "text");
  log.close();
  log.add(record);
  assertEquals([system.texts.get("/srv/access.log"), system.written.stdout], [accessText(record), ""]);
});
