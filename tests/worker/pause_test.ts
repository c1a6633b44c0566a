import type { FromWorker } from "../../src/protocol/messages.ts";
import { Pause } from "../../src/worker/pause.ts";
import { assertEquals } from "../assert.ts";

Deno.test("the master hears of a pause once, and of its end when no reason is left", () => {
  const sent: FromWorker[] = [];
  const pause = new Pause((message) => sent.push(message));
  pause.set("app", false);
  pause.set("app", true);
  pause.set("app", true);
  pause.set("open-files", true);
  pause.set("app", false);
  pause.set("open-files", false);
  pause.set("open-files", false);
  assertEquals(sent, [
    { type: "paused", because: "app" },
    { type: "paused", because: "open-files" },
    { type: "paused", because: null },
  ]);
});
