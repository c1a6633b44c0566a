import { activatedSockets } from "../../../src/core/listeners/socket_activation.ts";
import { assertEquals } from "../../assert.ts";

function sockets(fds?: string, pid?: string, names?: string) {
  return activatedSockets({ fds, pid, names }, 41);
}

Deno.test("the sockets are the descriptors from 3 on, with the names of their units", () => {
  assertEquals(sockets(), []);
  assertEquals(sockets("0", "41"), []);
  assertEquals(sockets("2", "41"), [{ descriptor: 3 }, { descriptor: 4 }]);
  assertEquals(sockets("3", "41", "web.socket:unknown"), [
    { descriptor: 3, name: "web.socket" },
    { descriptor: 4 },
    { descriptor: 5 },
  ]);
});

Deno.test("those of another process are not taken, and it is said why", () => {
  assertEquals(
    sockets("1", "40"),
    "LISTEN_PID is 40, and this is process 41: start denicorn itself, or with exec",
  );
  assertEquals(sockets("1"), "LISTEN_PID does not say for which process they are");
  assertEquals(sockets("many", "41"), 'LISTEN_FDS is "many", and not a number of sockets');
});
