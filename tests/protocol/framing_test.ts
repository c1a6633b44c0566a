import fc from "fast-check";
import { clip, decodeBytes, encodeBytes, encodeFrame, FrameDecoder } from "../../src/protocol/framing.ts";
import { assertEquals, assertThrows } from "../assert.ts";

Deno.test("property: messages arrive complete however the stream is cut", () => {
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

Deno.test("a line that does not end is refused before it fills the memory", () => {
  const decoder = new FrameDecoder();
  const piece = new TextEncoder().encode("x".repeat(600_000));
  assertEquals([...decoder.push(piece)], []);
  assertThrows(() => [...decoder.push(piece)], RangeError);
});

Deno.test("a line that is not JSON is refused", () => {
  const decode = (text: string) => [...new FrameDecoder().push(new TextEncoder().encode(text))];
  assertThrows(() => decode("GET / HTTP/1.1\r\n"), SyntaxError);
});

Deno.test("bytes survive as text", () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
  assertEquals(decodeBytes(encodeBytes(bytes)), bytes);
});

Deno.test("a long text is clipped, with the number of characters that are missing", () => {
  assertEquals(clip("short"), "short");
  assertEquals(clip("x".repeat(65_540)), `${"x".repeat(65_536)}… (4 more characters)`);
});
