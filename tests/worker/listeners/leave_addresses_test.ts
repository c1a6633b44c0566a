import { leaveAddresses } from "../../../src/worker/listeners/leave_addresses.ts";
import { assertEquals } from "../../assert.ts";
import { FakeSystem } from "../../fakes/fake_system.ts";

Deno.test("a worker refuses new connections, waits for handshakes, and then stops listening", async () => {
  const { clock } = new FakeSystem();
  const log: string[] = [];
  let waiting = 0;
  const sockets = {
    ...new FakeSystem().sockets,
    filter: (listener: number) => void log.push(`refuse at ${listener}`),
    waiting: () => waiting,
    isListening: (listener: number) => listener !== 8,
    stopListening: (listener: number) => void log.push(`stop ${listener}`),
  };
  void leaveAddresses({ sockets, clock }, [7, 8], 500);
  await clock.advance(480);
  assertEquals(log.splice(0), ["refuse at 7"]);
  waiting = 2;
  await clock.advance(20);
  assertEquals(log.splice(0), [], "connections wait to be accepted");
  waiting = 0;
  await clock.advance(10);
  assertEquals(log.splice(0), ["stop 7"], "8 has been closed, and may be a connection");
  // The fake system cannot refuse connections.
  void leaveAddresses(
    { sockets: { ...new FakeSystem().sockets, stopListening: sockets.stopListening }, clock },
    [7],
    500,
  );
  await clock.advance(0);
  assertEquals(log, ["stop 7"]);
});

Deno.test("a worker that did not run for long accepts what waits before it stops listening", async () => {
  const { clock } = new FakeSystem();
  let waiting = 1;
  const stopped: number[] = [];
  const sockets = {
    ...new FakeSystem().sockets,
    filter: () => {},
    waiting: () => waiting,
    isListening: () => true,
    stopListening: () => void stopped.push(waiting),
  };
  void leaveAddresses({ sockets, clock }, [7], 0);
  await clock.advance(20);
  // The machine is busy: the next timer fires 10 s late, before connections are accepted in the same turn.
  const { monotonic } = clock;
  clock.monotonic = () => monotonic.call(clock) + 10_000;
  await clock.advance(5);
  waiting = 0;
  await clock.advance(5);
  assertEquals(stopped, [0]);
});
