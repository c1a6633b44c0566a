import fc from "fast-check";
import { encodeFrame, FrameDecoder } from "../../src/protocol/framing.ts";
import { assertEquals, assertThrows } from "../assert.ts";

Deno.test("property: messages survive however the stream is cut", () => {
  fc.assert(
    fc.property(fc.array(fc.jsonValue()), fc.array(fc.integer({ min: 1, max: 7 })), (messages, cuts) => {
      const stream = messages.flatMap((message) => Array.from(encodeFrame(message)));
      const decoder = new FrameDecoder();
      const received: unknown[] = [];
      for (let at = 0, turn = 0; at < stream.length; turn++) {
        const size = cuts.length === 0 ? stream.length : cuts[turn % cuts.length]!;
        received.push(...decoder.push(Uint8Array.from(stream.slice(at, at + size))));
        at += size;
      }
      assertEquals(received, JSON.parse(JSON.stringify(messages)));
    }),
  );
});

Deno.test("a line without end is refused before it fills the memory", () => {
  const decoder = new FrameDecoder();
  const piece = new TextEncoder().encode("x".repeat(600_000));
  decoder.push(piece);
  assertThrows(() => decoder.push(piece), RangeError);
});

Deno.test("what is not JSON is refused", () => {
  assertThrows(() => new FrameDecoder().push(new TextEncoder().encode("GET / HTTP/1.1\r\n")), SyntaxError);
});
