import { accessFormat } from "../../src/core/access_format.ts";
import { AccessLog } from "../../src/log/access_log.ts";
import { accessLine } from "../../src/log/access_line.ts";
import { assertEquals } from "../assert.ts";
import { FakeSystem } from "../fakes/fake_system.ts";
import { accessRecord as record } from "./access_record.ts";

const format = accessFormat("combined")!;
const line = accessLine(format, { worker: 0, pid: 41 })(record);

Deno.test("access lines are written together within a tenth of a second, and at the close", async () => {
  const system = new FakeSystem();
  const log = new AccessLog(system, { path: "-", format, worker: 0 });
  log.add(record);
  assertEquals(system.written.stdout, "");
  await system.clock.advance(100);
  assertEquals(system.written.stdout, line);
  log.add(record);
  log.close();
  assertEquals(system.written.stdout, line.repeat(2));
});

Deno.test("an access line that comes after the close goes to the file at once", () => {
  const system = new FakeSystem();
  const log = new AccessLog(system, { path: "/srv/access.log", format, worker: 0 });
  log.close();
  log.add(record);
  assertEquals([system.texts.get("/srv/access.log"), system.written.stdout], [line, ""]);
});

Deno.test("access lines to a syslog server are messages of the level info", () => {
  const system = new FakeSystem();
  const log = new AccessLog(system, { path: "syslog:192.0.2.1:514?tag=app", format, worker: 0 });
  log.add(record);
  log.add(record);
  log.close();
  const head = "<30>1 2026-11-20T23:33:58.000Z host-1 app 41 access - ";
  assertEquals(system.datagrams, [head + line.trimEnd(), head + line.trimEnd()]);
});
