import { runTop } from "../../../src/cli/ctl/top.ts";
import type { System } from "../../../src/system/system.ts";
import { assert, assertEquals, assertRejects } from "../../assert.ts";
import { FakeSystem } from "../../fakes/fake_system.ts";
import { statusOf, workerStatus } from "../statuses.ts";

/** A terminal, and a server that answers `reads` times. */
function setUp(reads = Infinity) {
  const outside = new FakeSystem();
  outside.terminal = true;
  let asked = 0;
  let press: (key: string) => void = () => {};
  let isRaw = false;
  const system: System = {
    clock: outside.clock,
    files: outside.files,
    processes: outside.processes,
    sockets: outside.sockets,
    unixSockets: outside.unixSockets,
    descriptors: outside.descriptors,
    memory: outside.memory,
    databases: outside.databases,
    openFiles: outside.openFiles,
    nodeHttp: outside.nodeHttp,
    servedFolder: outside.servedFolder,
    host: {
      ...outside.host,
      isTerminal: () => true,
      keys(pressed) {
        press = pressed;
        isRaw = true;
        return () => isRaw = false;
      },
    },
    network: {
      ...outside.network,
      fetchUnix() {
        if (++asked > reads) return Promise.reject(new Error("gone"));
        return Promise.resolve(Response.json(statusOf([workerStatus()], { at: asked * 1_000 })));
      },
    },
  };
  return { outside, system, press: (key: string) => press(key), isRaw: () => isRaw };
}

const restored = "\x1b[?25h\x1b[?1049l";

Deno.test("top refreshes every second until q or Ctrl-C, and restores the terminal", async () => {
  for (const key of ["q", "\x03"]) {
    const { outside, system, press, isRaw } = setUp();
    const top = runTop(system, "/run/control.sock");
    await outside.clock.advance(2_500);
    assert(isRaw());
    press("x");
    press(key);
    await top;
    const { stdout } = outside.written;
    assertEquals([stdout.split("\x1b[H").length - 1, stdout.endsWith(restored), isRaw()], [3, true, false]);
  }
});

Deno.test("top also restores the terminal when the server is gone", async () => {
  const { outside, system, isRaw } = setUp(2);
  const ended = assertRejects(() => runTop(system, "/run/control.sock"), Error, "cannot reach the server");
  await outside.clock.advance(5_000);
  await ended;
  assertEquals([outside.written.stdout.endsWith(restored), isRaw()], [true, false]);
});
