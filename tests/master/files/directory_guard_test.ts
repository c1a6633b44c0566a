import { DenicornError } from "../../../src/core/errors.ts";
import { openLog } from "../../../src/log/logger.ts";
import { DirectoryGuard } from "../../../src/master/files/directory_guard.ts";
import { assertEquals, assertMatch, assertThrows } from "../../assert.ts";
import { FakeSystem } from "../../fakes/fake_system.ts";

function setUp() {
  const system = new FakeSystem();
  const touched: string[] = [];
  const files = {
    ...system.files,
    list: () => ["channel.sock"],
    touch: (path: string) => void touched.push(path),
  };
  const config = {
    logLevel: "info",
    logFormat: "text",
    errorLogfile: "-",
    accessLogfile: undefined,
  } as const;
  const { logger } = openLog(system, config, { pid: 41 });
  const directory = { path: "/run/d", verify: () => {}, ensure: () => {} };
  const directoryGuard = new DirectoryGuard({ files, clock: system.clock }, logger, directory);
  const stop = directoryGuard.start();
  return { system, touched, files, directory, directoryGuard, stop };
}

Deno.test("all files are touched every hour", async () => {
  const { system, touched, stop } = setUp();
  await system.clock.advance(3_500_000);
  assertEquals(touched, []);
  await system.clock.advance(200_000);
  assertEquals(touched, ["/run/d/channel.sock", "/run/d"]);
  stop();
});

Deno.test("what was removed is restored, a file with its content", async () => {
  const { system, directoryGuard, stop } = setUp();
  system.texts.set("/run/d/bundle", "code");
  const forget = directoryGuard.keepFile("/run/d/bundle", 0o644, () => {});
  directoryGuard.keep(() => "/run/d/socket", () => void system.texts.set("/run/d/socket", ""));
  directoryGuard.keep(() => null, () => system.texts.set("/unwanted", ""));
  directoryGuard.check();
  assertMatch(
    system.written.stderr,
    /^\S+ warning master pid=41  socket in \/run\/d was removed and is restored: .*\n$/,
  );
  assertEquals([...system.texts.keys()], ["/run/d/bundle", "/run/d/socket"]);
  forget();
  system.texts.delete("/run/d/bundle");
  directoryGuard.check();
  assertEquals([...system.texts.keys()], ["/run/d/socket"]);
  stop();
  await system.clock.advance(10_000);
});

Deno.test("several files are named in one line, and those elsewhere with their path", () => {
  const { system, directoryGuard, stop } = setUp();
  for (const path of ["/run/d/a", "/run/d/b", "/srv/my.sock"]) {
    directoryGuard.keep(() => path, () => void system.texts.set(path, ""));
  }
  directoryGuard.check();
  assertMatch(
    system.written.stderr,
    /  a, b in \/run\/d and \/srv\/my\.sock were removed and are restored: exclude/,
  );
  stop();
});

Deno.test("what cannot be restored is tried again, and logged once", async () => {
  const { system, directoryGuard, directory, stop } = setUp();
  directoryGuard.keep(() => "/run/d/socket", () => void system.texts.set("/run/d/socket", ""));
  directory.ensure = () => {
    throw new Error("Permission denied");
  };
  await system.clock.advance(10_000);
  assertMatch(
    system.written.stderr,
    /^\S+ error .*cannot restore the runtime directory: \/run\/d \(Permission denied\): no worker can .*\n$/,
  );
  directory.ensure = () => {};
  await system.clock.advance(2_000);
  assertEquals(system.texts.has("/run/d/socket"), true);
  stop();
});

Deno.test("a directory that another user has put in its place is not used, even if nothing is missing", async () => {
  const { system, directoryGuard, directory, stop } = setUp();
  system.texts.set("/run/d/socket", "");
  directoryGuard.keep(() => "/run/d/socket", () => {});
  directoryGuard.require();
  directory.verify = () => {
    throw new Error("it belongs to another user now");
  };
  assertThrows(
    () => directoryGuard.require(),
    DenicornError,
    "cannot use the runtime directory: /run/d (it belongs to another user now): restart the server",
  );
  assertMatch(
    system.written.stderr,
    / error .*cannot restore the runtime directory: \/run\/d \(it belongs to another user now\): /,
  );
  stop();
  await system.clock.advance(10_000);
});

Deno.test("files that cannot be touched any more do not keep workers from starting", async () => {
  const { system, files, directoryGuard, stop } = setUp();
  files.touch = () => {
    throw new Error("Read-only file system");
  };
  await system.clock.advance(3_700_000);
  assertEquals([directoryGuard.check(), system.written.stderr], [true, ""]);
  stop();
});
