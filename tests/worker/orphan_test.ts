import { tidyUp } from "../../src/worker/orphan.ts";
import { assertEquals } from "../assert.ts";
import { FakeSystem } from "../fakes/fake_system.ts";

const traces = { linkPath: "/run/d/link.sock", paths: ["/run/d", "/dev/shm/d"] };

function scene(answersUntil: number) {
  const system = new FakeSystem();
  for (const path of traces.paths) system.texts.set(path, "");
  const network = {
    ...system.network,
    answers: () => Promise.resolve(system.clock.monotonic() < answersUntil),
  };
  const done = { is: false };
  void tidyUp({ network, files: system.files, clock: system.clock }, traces).then(() => done.is = true);
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
  await tidyUp({ network: system.network, files, clock: system.clock }, traces);
  assertEquals([...system.texts.keys()], ["/run/d"]);
});
