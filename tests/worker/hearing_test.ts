import { ListenerWatch } from "../../src/worker/listener_watch.ts";
import { assertEquals } from "../assert.ts";
import { FakeSystem } from "../fakes/fake_system.ts";

Deno.test("a lost listener is told once; room is asked for until the worker listens again", async () => {
  const system = new FakeSystem();
  const listening = new Set([7, 8]);
  let free = 100;
  system.sockets = { ...system.sockets, isListening: (descriptor) => listening.has(descriptor) };
  system.openFiles = { ...system.openFiles, hasAvailable: (count) => count <= free };
  const told: string[] = [];
  const listenerWatch = new ListenerWatch(system, {
    onListenerLost: (isFull) => told.push(isFull ? "full" : "deaf"),
    onOutOfDescriptors: () => told.push("cramped"),
    onDescriptorsAvailable: () => told.push("room"),
  });
  const poll = async () => {
    await system.clock.advance(500);
    listenerWatch.poll();
    return told.splice(0).join();
  };
  assertEquals(await poll(), "");
  listenerWatch.begin([7, 8]);
  assertEquals(await poll(), "");
  listening.delete(8);
  free = 3;
  assertEquals([await poll(), await poll()], ["full", "cramped"]);
  free = 100;
  assertEquals([await poll(), await poll()], ["room", "room"]);
  listenerWatch.begin([7, 9]);
  listening.add(9);
  assertEquals(await poll(), "");
  listening.clear();
  assertEquals(await poll(), "deaf");
  listenerWatch.cease();
  assertEquals(await poll(), "");
});
