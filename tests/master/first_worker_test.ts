import { assertEquals } from "../assert.ts";
import { settled } from "../fakes/fake_clock.ts";
import { FakeMaster, readyMessage } from "./fake_master.ts";

const slotsOf = (master: FakeMaster) => master.alive().map(({ slot }) => slot);

Deno.test("on two cores the second worker starts when the first one is ready", async () => {
  const master = new FakeMaster(2, undefined, {}, { cores: 2 });
  await settled();
  assertEquals(slotsOf(master), [0]);
  await master.fakeWorkers[0]!.says({ type: "loaded" });
  assertEquals(slotsOf(master), [0]);
  await master.fakeWorkers[0]!.says(readyMessage);
  assertEquals(slotsOf(master), [0, 1]);
});

Deno.test("the addresses are left to the first worker when it is to listen", async () => {
  const master = new FakeMaster(1);
  await settled();
  assertEquals(master.hasLeftAddresses, false);
  await master.fakeWorkers[0]!.says({ type: "loaded" });
  assertEquals(master.hasLeftAddresses, true);
});

Deno.test("on two cores the second worker also starts while the first one takes long to import the app", async () => {
  const master = new FakeMaster(2, undefined, {}, { cores: 2 });
  await settled();
  await master.system.clock.advance(500);
  assertEquals(slotsOf(master), [0, 1]);
});

Deno.test("a process that was started before the master was loaded is its first worker", async () => {
  const master = new FakeMaster(2, undefined, {}, { fdPair: null });
  await settled();
  assertEquals(slotsOf(master), [0, 1]);
  await master.allReady();
  assertEquals(master.workerTable.readyOf(1), 2);
});

Deno.test("a first worker that ended before the master was loaded ends the start", async () => {
  const master = new FakeMaster(1, undefined, {}, { fdPair: null });
  await master.exits(master.fakeWorkers[0]!, 1);
  assertEquals(master.outcome !== null && master.outcome !== "running" && master.outcome.code, "boot-death");
});

Deno.test("a first worker with a descriptor that nobody asks for is replaced", async () => {
  let isClosed = false;
  const inbox = { receive: () => [], close: () => void (isClosed = true) };
  const master = new FakeMaster(1, undefined, {}, { fdPair: { inbox, descriptor: 7 } });
  await settled();
  assertEquals([master.fakeWorkers[0]!.process.signals, isClosed], [["SIGKILL"], true]);
  assertEquals(master.alive().map(({ process }) => process.pid), [101]);
  await master.allReady();
  assertEquals(master.workerTable.readyOf(1), 1);
});
