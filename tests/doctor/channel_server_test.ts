import { channelServer } from "../../src/doctor/checks/channel_server.ts";
import { examine } from "../../src/doctor/examine.ts";
import { channelPlace } from "../../src/settings/kinds/channel_place.ts";
import { createSystem } from "../../src/system/deno_system.ts";
import { assertEquals, assertMatch } from "../assert.ts";
import { LinuxHost, subject } from "./linux_host.ts";

Deno.test("a Redis that accepts connections and says nothing is a problem, with what to do", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const held: Deno.Conn[] = [];
  const accepting = (async () => {
    for await (const connection of listener) held.push(connection);
  })();
  const channelUrl = channelPlace.parse(`redis://127.0.0.1:${listener.addr.port}`, { cores: 1 })!;
  const { settings, ...rest } = subject(new LinuxHost());
  const { checks: [found] } = await examine([channelServer], {
    ...rest,
    system: createSystem(),
    settings: { ...settings, channelUrl },
  });
  listener.close();
  await accepting;
  for (const connection of held) connection.close();
  assertEquals(found!.verdict, "problem");
  assertMatch(found!.finding, /^Redis at .* does not answer \(no answer within 3 s\): start it, or correct/);
});
