import { readPairs } from "../../../src/master/generations/read_pairs.ts";
import { assertEquals, assertThrows } from "../../assert.ts";
import { FakeSystem } from "../../fakes/fake_system.ts";

Deno.test("without certificates there are none", () => {
  assertEquals(readPairs(new FakeSystem(), { certfile: [], keyfile: [] }, () => {}), null);
});

Deno.test("an error about a file shows nothing of its text", () => {
  const system = new FakeSystem();
  system.texts.set("server.pem", "secret");
  system.texts.set("server.key", "secret");
  const error = assertThrows(
    () => readPairs(system, { certfile: ["server.pem"], keyfile: ["server.key"] }, () => {}),
    Error,
  );
  assertEquals(
    error.message,
    "cannot use certfile: server.pem (it holds no certificate in PEM format): give a file that the master may read, " +
      "with a certificate in PEM format",
  );
});
