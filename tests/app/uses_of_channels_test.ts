import { usesChannels, usesThreads } from "../../src/app/uses_of_channels.ts";
import { appModule } from "../../src/app/bundle/own_module.ts";
import { assertEquals } from "../assert.ts";

Deno.test("a bundle may open channels if it names the class, or has the function of the module", () => {
  for (const code of ["new BroadcastChannel('chat')", "globalThis.BroadcastChannel", appModule]) {
    assertEquals(usesChannels(code), true, code);
  }
  for (const code of ["export default () => new Response()", "channel.open()", "MyBroadcastChannels"]) {
    assertEquals(usesChannels(code), false, code);
  }
});

Deno.test("a bundle may start Web Workers if it names them", () => {
  assertEquals(usesThreads('new Worker(new URL("./x.ts", import.meta.url))'), true);
  assertEquals(usesThreads('import { Worker } from "node:worker_threads"'), true);
  assertEquals(usesThreads(`new BroadcastChannel("chat"); ${appModule}`), false);
});
