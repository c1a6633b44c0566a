import { DenicornError } from "../../src/core/errors.ts";
import { openLog } from "../../src/log/logger.ts";
import { Upkeep } from "../../src/master/upkeep.ts";
import { assertEquals, assertMatch, assertThrows } from "../assert.ts";
import { FakeSystem } from "../fakes/fake_system.ts";

function scene() {
  const system = new FakeSystem();
  const touched: string[] = [];
  const files = {
    ...system.files,
    list: () => ["link.sock"],
    touch: (path: string) => void touched.push(path),
  };
  const orders = { level: "info", format: "text", errorLogfile: "-", accessLogfile: null } as const;
  const { logger } = openLog(system, orders, { pid: 41 });
  const directory = { path: "/run/d", verify: () => {}, ensure: () => {} };
  const upkeep = new Upkeep({ files, clock: system.clock }, logger, directory);
  const stop = upkeep.start();
  return { system, touched, directory, upkeep, stop };
}

Deno.test("all that lies there is touched every hour", async () => {
  const { system, touched, stop } = scene();
  await system.clock.advance(3_500_000);
  assertEquals(touched, []);
  await system.clock.advance(200_000);
  assertEquals(touched, ["/run/d/link.sock", "/run/d"]);
  stop();
});

Deno.test("what is gone is made anew, and a file as it was", async () => {
  const { system, upkeep, stop } = scene();
  system.texts.set("/run/d/bundle", "code");
  const forget = upkeep.keepFile("/run/d/bundle", () => {});
  upkeep.keep(() => "/run/d/socket", () => void system.texts.set("/run/d/socket", ""));
  upkeep.keep(() => null, () => system.texts.set("/unwanted", ""));
  upkeep.look();
  assertMatch(
    system.written.stderr,
    /^\S+ warning master pid=41  socket in \/run\/d was gone, made anew: .*\n$/,
  );
  assertEquals([...system.texts.keys()], ["/run/d/bundle", "/run/d/socket"]);
  forget();
  system.texts.delete("/run/d/bundle");
  upkeep.look();
  assertEquals([...system.texts.keys()], ["/run/d/socket"]);
  stop();
  await system.clock.advance(10_000);
});

Deno.test("what cannot be made anew is tried again, and told once", async () => {
  const { system, upkeep, directory, stop } = scene();
  upkeep.keep(() => "/run/d/socket", () => void system.texts.set("/run/d/socket", ""));
  directory.ensure = () => {
    throw new Error("Permission denied");
  };
  await system.clock.advance(10_000);
  assertMatch(
    system.written.stderr,
    /^\S+ error .*anew: \/run\/d \(Permission denied\): no worker can .*\n$/,
  );
  directory.ensure = () => {};
  await system.clock.advance(2_000);
  assertEquals(system.texts.has("/run/d/socket"), true);
  stop();
});

Deno.test("what somebody else has made in its place is not used, even if nothing is missing", async () => {
  const { system, upkeep, directory, stop } = scene();
  system.texts.set("/run/d/socket", "");
  upkeep.keep(() => "/run/d/socket", () => {});
  upkeep.require();
  directory.verify = () => {
    throw new Error("it belongs to somebody else now");
  };
  assertThrows(
    () => upkeep.require(),
    DenicornError,
    "cannot use the runtime directory: /run/d (it belongs to somebody else now): restart the server",
  );
  assertMatch(system.written.stderr, / error .*anew: \/run\/d \(it belongs to somebody else now\): /);
  stop();
  await system.clock.advance(10_000);
});
