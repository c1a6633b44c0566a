import { Hearing } from "../../src/worker/hearing.ts";
import { assertEquals } from "../assert.ts";
import { FakeSystem } from "../fakes/fake_system.ts";

Deno.test("a lost listener is told once; room is asked for until the worker listens again", async () => {
  const system = new FakeSystem();
  const listening = new Set([7, 8]);
  let free = 100;
  system.sockets = { ...system.sockets, isListening: (descriptor) => listening.has(descriptor) };
  system.openFiles = { ...system.openFiles, hasRoomFor: (count) => count <= free };
  const told: string[] = [];
  const hearing = new Hearing(system, {
    onDeaf: (isFull) => told.push(isFull ? "full" : "deaf"),
    onCramped: () => told.push("cramped"),
    onRoom: () => told.push("room"),
  });
  const look = async () => {
    await system.clock.advance(500);
    hearing.look();
    return told.splice(0).join();
  };
  assertEquals(await look(), "");
  hearing.begin([7, 8]);
  assertEquals(await look(), "");
  listening.delete(8);
  free = 3;
  assertEquals([await look(), await look()], ["full", "cramped"]);
  free = 100;
  assertEquals([await look(), await look()], ["room", "room"]);
  hearing.begin([7, 9]);
  listening.add(9);
  assertEquals(await look(), "");
  listening.clear();
  assertEquals(await look(), "deaf");
  hearing.cease();
  assertEquals(await look(), "");
});
