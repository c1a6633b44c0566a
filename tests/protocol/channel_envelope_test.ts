import { countFrames, envelopeHead, readEnvelope } from "../../src/protocol/channel_envelope.ts";
import { encodeFrame } from "../../src/protocol/framing.ts";
import { assertEquals, assertThrows } from "../assert.ts";

const post = (data: string) => ({ type: "channel-post", name: "chat", data } as const);

function joined(...parts: Uint8Array[]): Uint8Array {
  return new Uint8Array(parts.flatMap((part) => [...part]));
}

Deno.test("an envelope says whose it is, and has the messages in their order", () => {
  const frames = joined(encodeFrame(post("AA==")), encodeFrame(post("BA==")));
  const { server, posts } = readEnvelope(joined(envelopeHead("one"), frames));
  assertEquals([server, ...posts], ["one", post("AA=="), post("BA==")]);
  assertEquals(countFrames(frames), 2);
  assertEquals([...readEnvelope(envelopeHead("one")).posts], []);
});

Deno.test("what is no envelope of this version is refused, whatever it is", () => {
  const refused: readonly (readonly [what: unknown, why: string])[] = [
    ["hello", "it is not ours"],
    [42, "it is not ours"],
    [null, "it is not ours"],
    [{ event: "x" }, "it is not ours"],
    [{ denicorn: 2, server: "one" }, "another version of Denicorn sent it"],
    [{ denicorn: 1 }, "another version of Denicorn sent it"],
    [{ denicorn: 1, server: 3 }, "another version of Denicorn sent it"],
  ];
  for (const [what, why] of refused) assertThrows(() => readEnvelope(encodeFrame(what)), TypeError, why);
  assertThrows(() => readEnvelope(new Uint8Array()), TypeError, "it is not ours");
  assertThrows(() => readEnvelope(new TextEncoder().encode("no JSON\n")), SyntaxError);
  assertThrows(() => readEnvelope(Uint8Array.of(0xff, 0x0a)), TypeError);
  assertThrows(() => readEnvelope(new Uint8Array(1_100_000)), RangeError, "it has 1100000 bytes");
});

Deno.test("what is no message of a channel is refused, and what came before it is read", () => {
  const { posts } = readEnvelope(
    joined(envelopeHead("one"), encodeFrame(post("AA==")), encodeFrame({ type: "closed" })),
  );
  const read: unknown[] = [];
  assertThrows(
    () => {
      for (const message of posts) read.push(message);
    },
    TypeError,
    "it holds more than messages of channels",
  );
  assertEquals(read, [post("AA==")]);
});
