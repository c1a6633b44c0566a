import { DenicornError } from "../../../src/core/errors.ts";
import { openLog } from "../../../src/log/logger.ts";
import { Control } from "../../../src/master/commands/control_socket.ts";
import type { Settings } from "../../../src/settings/settings.ts";
import type { System } from "../../../src/system/system.ts";
import { assertEquals, assertMatch, assertRejects } from "../../assert.ts";
import { fakeCommands } from "../../fakes/fake_commands.ts";
import { FakeSystem } from "../../fakes/fake_system.ts";

/** A control whose socket can be made only where `isWritable`. */
function scene(controlSocket: Settings["controlSocket"], isWritable: boolean) {
  const outside = new FakeSystem();
  const served: string[] = [];
  const channels: string[] = [];
  const system: System = Object.assign(outside, {
    files: {
      ...outside.files,
      link: (path: string, target: string) => void channels.push(`${path} -> ${target}`),
    },
    network: {
      ...outside.network,
      serveUnix(path: string) {
        if (!isWritable) throw new Error("Permission denied");
        served.push(path);
        return { close: () => Promise.resolve() };
      },
    },
  });
  const config = {
    logLevel: "info",
    logFormat: "text",
    errorLogfile: "-",
    accessLogfile: undefined,
  } as const;
  const { logger } = openLog(system, config, { pid: 41 });
  const directoryGuard = { keep: () => () => {} };
  const directory = { controlSocket: "/run/d/control.sock" };
  return {
    outside,
    served,
    channels,
    control: new Control({ system, logger, settings: { controlSocket }, directory, directoryGuard }),
  };
}

Deno.test("by default it lies in the runtime directory; where that fails it is only worth a warning", async () => {
  const good = scene(undefined, true);
  await good.control.open(fakeCommands());
  assertEquals([good.control.path, good.served, good.channels], [
    "/run/d/control.sock",
    ["/run/d/control.sock"],
    [],
  ]);
  const bad = scene(undefined, false);
  await bad.control.open(fakeCommands());
  assertEquals(bad.control.path, null);
  assertMatch(
    bad.outside.written.stderr,
    /warning .*serving without a control socket: cannot create control-socket: \/run\/d\/control\.sock \(Permission denied\)/,
  );
});

Deno.test("a place that was asked for is insisted on, and can be found from the usual one", async () => {
  const good = scene("my.sock", true);
  await good.control.open(fakeCommands());
  assertEquals([good.control.path, good.channels], ["my.sock", ["/run/d/control.sock -> /srv/my.sock"]]);
  const bad = scene("/root/my.sock", false);
  const error = await assertRejects(() => bad.control.open(fakeCommands()), DenicornError);
  assertEquals([error.code, error.exitCode, bad.outside.written.stderr], ["control-socket", 2, ""]);
});

Deno.test("turned off there is none, without a word", async () => {
  const { control, served, outside } = scene(false, true);
  await control.open(fakeCommands());
  assertEquals([control.path, served, outside.written.stderr], [null, [], ""]);
});
