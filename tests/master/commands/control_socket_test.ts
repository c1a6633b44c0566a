import { DenicornError } from "../../../src/core/errors.ts";
import { openLog } from "../../../src/log/logger.ts";
import { ControlSocket } from "../../../src/master/commands/control_socket.ts";
import type { Settings } from "../../../src/settings/settings.ts";
import type { System } from "../../../src/system/system.ts";
import { assertEquals, assertMatch, assertRejects } from "../../assert.ts";
import { fakeRunningMaster } from "../../fakes/fake_commands.ts";
import { FakeSystem } from "../../fakes/fake_system.ts";

/** A control socket that can be made only if `isWritable`. */
function setUp(controlSocket: Settings["controlSocket"], isWritable: boolean) {
  const outside = new FakeSystem();
  const served: string[] = [];
  const links: string[] = [];
  const closed: string[] = [];
  const lost = new Set<string>();
  const system: System = Object.assign(outside, {
    files: {
      ...outside.files,
      link: (path: string, target: string) => void links.push(`${path} -> ${target}`),
    },
    network: {
      ...outside.network,
      serveUnix(path: string) {
        if (!isWritable) throw new Error("Permission denied");
        served.push(path);
        return {
          isListening: () => !lost.has(path),
          stopAccepting: () => Promise.resolve(void closed.push(path)),
        };
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
  const guarded: { path: () => string | null; make: () => void }[] = [];
  const directoryGuard = {
    keep(path: () => string | null, make: () => void) {
      guarded.push({ path, make });
      return () => void guarded.pop();
    },
    check: () => true,
  };
  const directory = { controlSocket: "/run/d/control.sock" };
  const options = { system, logger, settings: { controlSocket }, directory, directoryGuard };
  return {
    ...{ outside, served, links, closed, lost, guarded },
    control: new ControlSocket({ ...options, master: fakeRunningMaster() }),
  };
}

Deno.test("by default the control socket is in the runtime directory; if that fails there is only a warning", async () => {
  const good = setUp(undefined, true);
  await good.control.open();
  assertEquals([good.control.path, good.served, good.links], [
    "/run/d/control.sock",
    ["/run/d/control.sock"],
    [],
  ]);
  const bad = setUp(undefined, false);
  await bad.control.open();
  assertEquals(bad.control.path, null);
  assertMatch(
    bad.outside.written.stderr,
    /warning .*serving without a control socket: cannot create control-socket: \/run\/d\/control\.sock \(Permission denied\)/,
  );
});

Deno.test("a chosen path is required, and linked from the default one", async () => {
  const good = setUp("my.sock", true);
  await good.control.open();
  assertEquals([good.control.path, good.links], ["my.sock", ["/run/d/control.sock -> /srv/my.sock"]]);
  const bad = setUp("/root/my.sock", false);
  const error = await assertRejects(() => bad.control.open(), DenicornError);
  assertEquals([error.code, error.exitCode, bad.outside.written.stderr], ["control-socket", 2, ""]);
});

Deno.test("turned off, there is none, and nothing is logged", async () => {
  const { control, served, outside } = setUp(false, true);
  await control.open();
  assertEquals([control.path, served, outside.written.stderr], [null, [], ""]);
});

Deno.test("it has no path while its listener is lost, and its file is not restored", async () => {
  const { control, lost, guarded } = setUp(undefined, true);
  await control.open();
  assertEquals([control.path, guarded[0]!.path()], ["/run/d/control.sock", "/run/d/control.sock"]);
  lost.add("/run/d/control.sock");
  assertEquals([control.path, guarded[0]!.path()], [null, null]);
});

Deno.test("if its file was removed another socket is opened, and the old one is not closed", async () => {
  const { control, served, closed, guarded, outside } = setUp(undefined, true);
  await control.open();
  guarded[0]!.make();
  await outside.clock.advance(0);
  assertEquals([served.length, closed, control.path], [2, [], "/run/d/control.sock"]);
  control.close();
  assertEquals([closed.length, control.path, guarded], [1, null, []]);
});
