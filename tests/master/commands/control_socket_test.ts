import { DenicornError } from "../../../src/core/errors.ts";
import { openLog } from "../../../src/log/logger.ts";
import { ControlSocket } from "../../../src/master/commands/control_socket.ts";
import type { Settings } from "../../../src/settings/settings.ts";
import type { FileInfo, System } from "../../../src/system/system.ts";
import { assertEquals, assertMatch, assertRejects } from "../../assert.ts";
import { fakeRunningMaster } from "../../fakes/fake_commands.ts";
import { FakeSystem } from "../../fakes/fake_system.ts";

/** A socket of another process. */
const place: FileInfo = {
  ...{ isFile: false, isDirectory: false, isSymlink: false, isSocket: true, size: 0, uid: 1000, mode: 0o600 },
  ...{ inode: 1_000, modifiedAt: 0 },
};

/** A control socket that can be made only if `isWritable`. */
function setUp(controlSocket: Settings["controlSocket"], isWritable: boolean) {
  const outside = new FakeSystem();
  const served: string[] = [];
  const links: string[] = [];
  const closed: string[] = [];
  const removed: string[] = [];
  const numbers = new Map<string, number>();
  const places = new Map<string, FileInfo>();
  const state = { isLost: false };
  const system: System = Object.assign(outside, {
    files: {
      ...outside.files,
      rename(from: string, to: string) {
        served.push(to);
        places.set(to, { ...place, inode: numbers.get(from)! });
      },
      lstat: (path: string) => places.get(path) ?? null,
      remove(path: string) {
        removed.push(path);
        places.delete(path);
      },
      link: (path: string, target: string) => void links.push(`${path} -> ${target}`),
    },
    network: {
      ...outside.network,
      serveUnix(path: string) {
        if (!isWritable) throw new Error("Permission denied");
        numbers.set(path, numbers.size + 1);
        return {
          isListening: () => !state.isLost,
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
    ...{ outside, served, links, closed, removed, places, state, guarded },
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
  const { control, state, guarded } = setUp(undefined, true);
  await control.open();
  assertEquals([control.path, guarded[0]!.path()], ["/run/d/control.sock", "/run/d/control.sock"]);
  state.isLost = true;
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

Deno.test("it is removed at the end, unless another master has the path by then", async () => {
  for (const isReplaced of [false, true]) {
    const { control, removed, places } = setUp("/srv/my.sock", true);
    await control.open();
    if (isReplaced) places.set("/srv/my.sock", place);
    control.close();
    assertEquals(removed, isReplaced ? [] : ["/srv/my.sock"]);
    control.close();
    assertEquals(removed.length, isReplaced ? 0 : 1, "closed twice");
  }
});

Deno.test("a chosen path is handed over when the successor has replaced it", async () => {
  const { control, removed, places, closed, guarded, outside } = setUp("/srv/my.sock", true);
  await control.open();
  let isOver = false;
  void control.handOver().then(() => isOver = true);
  await outside.clock.advance(1_000);
  assertEquals([closed.length, isOver, guarded], [0, false, []]);
  places.set("/srv/my.sock", place);
  await outside.clock.advance(300);
  assertEquals([closed.length, isOver, removed], [1, true, []]);
});

Deno.test("the socket of another master is refused, that of the old master is replaced", async () => {
  const { control, places, outside, served } = setUp("/srv/my.sock", true);
  places.set("/srv/my.sock", place);
  Object.assign(outside.network, {
    answers: () => Promise.resolve(true),
    fetchUnix: () => Promise.resolve(Response.json({ pid: 7 })),
  });
  for (const oldMaster of [null, 8]) {
    const error = await assertRejects(() => control.open(oldMaster), DenicornError);
    assertMatch(error.message, /\/srv\/my\.sock \(another master listens on it\)/);
  }
  await control.open(7);
  assertEquals(served, ["/srv/my.sock"]);
});
