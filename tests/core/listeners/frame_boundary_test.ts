import { isBetweenFrames } from "../../../src/core/listeners/frame_boundary.ts";
import { assertEquals } from "../../assert.ts";

const calm = { sent: 1_000, unacknowledged: 0, waiting: 0 };

Deno.test("bytes go between frames only if little is on its way at both looks, and little was sent between", () => {
  assertEquals(isBetweenFrames(calm, calm), true);
  assertEquals(isBetweenFrames(calm, { sent: 3_000, unacknowledged: 3, waiting: 0 }), true);
  // A response of 2 MB has filled the send buffer; a part of a frame may be left.
  assertEquals(isBetweenFrames({ ...calm, waiting: 500_000 }, calm), false);
  assertEquals(isBetweenFrames(calm, { ...calm, waiting: 1 }), false);
  assertEquals(isBetweenFrames({ ...calm, unacknowledged: 40 }, calm), false);
  assertEquals(isBetweenFrames(calm, { ...calm, unacknowledged: 40 }), false);
  // All of it has arrived between the looks.
  assertEquals(isBetweenFrames(calm, { ...calm, sent: 2_000_000 }), false);
});
