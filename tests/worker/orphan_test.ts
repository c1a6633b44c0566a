import { cleanUp, directoryOf, leaveGroup, waitForSuccessor } from "../../src/worker/orphan.ts";
import { openLog } from "../../src/log/logger.ts";
import { assertEquals, assertMatch } from "../assert.ts";
import { FakeSystem } from "../fakes/fake_system.ts";

const leftovers = { channelPath: "/run/d/channel.sock", paths: ["/run/d", "/run/e"] };

function orphan(answersUntil: number) {
  const system = new FakeSystem();
  for (const path of leftovers.paths) system.texts.set(path, "");
  const network = {
    ...system.network,
    answers: () => Promise.resolve(system.clock.monotonic() < answersUntil),
  };
  const done: { is: boolean | "gone" | "alive" } = { is: false };
  void cleanUp({ network, files: system.files, clock: system.clock }, leftovers)
    .then((isGone) => done.is = isGone ? "gone" : "alive");
  return { system, done };
}

Deno.test("a worker removes what its dead master left behind", async () => {
  const { system, done } = orphan(0);
  await system.clock.advance(0);
  assertEquals([done.is, system.texts.size], ["gone", 0]);
});

Deno.test("a killed master whose channel socket still listens for a moment is recognised as dead", async () => {
  const { system, done } = orphan(30);
  await system.clock.advance(20);
  assertEquals([done.is, system.texts.size], [false, 2]);
  await system.clock.advance(20);
  assertEquals([done.is, system.texts.size], ["gone", 0]);
});

Deno.test("the files of a living master are kept", async () => {
  const { system, done } = orphan(Infinity);
  await system.clock.advance(2_000);
  assertEquals([done.is, system.texts.size], ["alive", 2]);
});

Deno.test("a file that another worker removes at the same time does not keep the others", async () => {
  const system = new FakeSystem();
  for (const path of leftovers.paths) system.texts.set(path, "");
  const files = {
    ...system.files,
    remove(path: string) {
      if (path === leftovers.paths[0]) throw new Deno.errors.NotFound(path);
      system.files.remove(path);
    },
  };
  await cleanUp({ network: system.network, files, clock: system.clock }, leftovers);
  assertEquals([...system.texts.keys()], ["/run/d"]);
});

Deno.test("a worker keeps serving for a successor, until that has exited or its time is over", async () => {
  for (const [isAlive, at] of [[true, 500], [false, 100]] as const) {
    const system = new FakeSystem();
    system.alive.add(7);
    const done = { at: 0 };
    void waitForSuccessor(system, { pid: 7, until: 500 }, () => false).then(() =>
      done.at = system.clock.monotonic()
    );
    await system.clock.advance(90);
    if (!isAlive) system.alive.delete(7);
    await system.clock.advance(1_000);
    assertEquals(done.at, at);
  }
});

Deno.test("a worker sends its listeners to the successor once, as soon as that can take them", async () => {
  const system = new FakeSystem();
  system.alive.add(7);
  let attempts = 0;
  void waitForSuccessor(system, { pid: 7, until: 500 }, () => ++attempts === 3);
  await system.clock.advance(400);
  assertEquals(attempts, 3);
});

Deno.test("a worker without a config knows the directory of its master by the socket, and no other directory", () => {
  assertEquals(directoryOf("/run/user/1/denicorn-0f/channel.sock"), "/run/user/1/denicorn-0f");
  for (const path of ["/home/me/channel.sock", "/tmp/denicorn-0f/other.sock", "denicorn-0f/channel.sock"]) {
    assertEquals(directoryOf(path), null, path);
  }
});

Deno.test("an orphan ends what its app has started, by SIGKILL what ignores SIGTERM, but not itself", async () => {
  const system = new FakeSystem();
  const { logger } = openLog(system, { logLevel: "info", logFormat: "text", errorLogfile: "-" }, { pid: 41 });
  system.groups.set(41, [{ pid: 41, command: "denicorn --worker" }]);
  await leaveGroup(system, logger, true);
  assertEquals([system.signals, system.written.stderr], [[], ""]);
  system.groups.get(41)!.push({ pid: 77, command: "sleep 9" });
  await leaveGroup(system, logger, false);
  assertEquals(system.signals, []);
  assertMatch(system.written.stderr, /still run: 77 \(sleep 9\): --kill-group ends them\n$/);
  void leaveGroup(system, logger, true);
  await system.clock.advance(1_000);
  assertEquals(system.signals, ["SIGTERM to 77", "SIGKILL to 77"]);
});
