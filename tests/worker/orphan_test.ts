import { cleanUp, waitForSuccessor } from "../../src/worker/orphan.ts";
import { assertEquals } from "../assert.ts";
import { FakeSystem } from "../fakes/fake_system.ts";

const traces = { channelPath: "/run/d/channel.sock", paths: ["/run/d", "/dev/shm/d"] };

function scene(answersUntil: number) {
  const system = new FakeSystem();
  for (const path of traces.paths) system.texts.set(path, "");
  const network = {
    ...system.network,
    answers: () => Promise.resolve(system.clock.monotonic() < answersUntil),
  };
  const done = { is: false };
  void cleanUp({ network, files: system.files, clock: system.clock }, traces).then(() => done.is = true);
  return { system, done };
}

Deno.test("an orphan removes what its master left", async () => {
  const { system, done } = scene(0);
  await system.clock.advance(0);
  assertEquals([done.is, system.texts.size], [true, 0]);
});

Deno.test("a master whose link socket still listens while the kernel buries it is recognised as dead", async () => {
  const { system, done } = scene(30);
  await system.clock.advance(20);
  assertEquals([done.is, system.texts.size], [false, 2]);
  await system.clock.advance(20);
  assertEquals([done.is, system.texts.size], [true, 0]);
});

Deno.test("what belongs to a living master stays", async () => {
  const { system, done } = scene(Infinity);
  await system.clock.advance(2_000);
  assertEquals([done.is, system.texts.size], [true, 2]);
});

Deno.test("what another orphan removes first does not keep the rest", async () => {
  const system = new FakeSystem();
  for (const path of traces.paths) system.texts.set(path, "");
  const files = {
    ...system.files,
    remove(path: string) {
      if (path === traces.paths[0]) throw new Deno.errors.NotFound(path);
      system.files.remove(path);
    },
  };
  await cleanUp({ network: system.network, files, clock: system.clock }, traces);
  assertEquals([...system.texts.keys()], ["/run/d"]);
});

Deno.test("an orphan serves on for a new master, until that is late or gone", async () => {
  for (const [lives, at] of [[true, 500], [false, 100]] as const) {
    const system = new FakeSystem();
    system.alive.add(7);
    const done = { at: 0 };
    void waitForSuccessor(system, { pid: 7, until: 500 }).then(() => done.at = system.clock.monotonic());
    await system.clock.advance(90);
    if (!lives) system.alive.delete(7);
    await system.clock.advance(1_000);
    assertEquals(done.at, at);
  }
});
