import { broadcastChannelClass } from "../../../src/worker/channels/channel_objects.ts";
import { OpenChannels } from "../../../src/worker/channels/open_channels.ts";
import type { ChannelMessage } from "../../../src/protocol/channel_messages.ts";
import { fromCloneText, toCloneText } from "../../../src/system/structured_clone.ts";
import { Buffer } from "node:buffer";
import { assertEquals, assertThrows } from "../../assert.ts";
import { FakeClock } from "../../fakes/fake_clock.ts";

function opened() {
  const clock = new FakeClock();
  const sent: ChannelMessage[] = [];
  const channels = new OpenChannels({ clock, send: (message) => sent.push(message), bridge: null });
  const texts = () => sent.map(({ type, name }) => `${type.slice("channel-".length)} ${name}`);
  return { clock, sent, channels, texts, Broadcast: broadcastChannelClass(channels) };
}

Deno.test("the master hears of a name when its first object is opened, and when its last one is closed", () => {
  const { channels, texts } = opened();
  const first = channels.open("chat");
  const second = channels.open("chat");
  first.close();
  first.close();
  assertEquals(texts(), ["open chat"]);
  second.close();
  assertEquals(texts(), ["open chat", "close chat"]);
  channels.open("chat");
  assertEquals(texts(), ["open chat", "close chat", "open chat"]);
});

Deno.test("other objects of the process hear a message in a later turn, the one that posts it does not", async () => {
  const { clock, channels, sent, Broadcast } = opened();
  const heard: string[] = [];
  const objects = [
    channels.open("chat"),
    channels.open("chat"),
    new Broadcast("chat"),
    channels.open("other"),
  ];
  objects.forEach((object, index) =>
    object.addEventListener("message", (event) => {
      heard.push(`${index}: ${(event as MessageEvent).data}`);
    })
  );
  (objects[0] as ReturnType<typeof channels.open>).post("a");
  (objects[0] as ReturnType<typeof channels.open>).post("b");
  assertEquals(heard, []);
  await clock.advance(0);
  assertEquals(heard, ["1: a", "2: a", "1: b", "2: b"]);
  const posts = sent.filter((message) => message.type === "channel-post");
  assertEquals(posts.map(({ name, data }) => [name, fromCloneText(data)]), [["chat", "a"], ["chat", "b"]]);
});

Deno.test("an object that is opened after a message was posted does not hear it", async () => {
  const { clock, channels } = opened();
  const heard: string[] = [];
  const listen = (name: string) => {
    const object = channels.open("chat");
    object.onmessage = ({ data }) => void heard.push(`${name}: ${data}`);
    return object;
  };
  const first = listen("first");
  const second = listen("second");
  listen("third");
  first.post("a");
  second.close();
  listen("late");
  await clock.advance(0);
  assertEquals(heard, ["third: a"]);
});

Deno.test("each object gets a value of its own, and none after it is closed", () => {
  const { channels } = opened();
  const heard: unknown[] = [];
  const [first, second, third] = [channels.open("chat"), channels.open("chat"), channels.open("chat")];
  first.onmessage = ({ data }) => {
    heard.push(data);
    third.close();
  };
  second.onmessage = ({ data }) => void heard.push(data);
  third.onmessage = ({ data }) => void heard.push(data);
  channels.receive("chat", toCloneText({ room: "a" }));
  assertEquals(heard, [{ room: "a" }, { room: "a" }]);
  assertEquals(heard[0] === heard[1], false);
  channels.receive("never opened", toCloneText(1));
});

Deno.test("what cannot be read is a messageerror, and onmessage can be replaced and taken away", () => {
  const { channels, Broadcast } = opened();
  const chat = new Broadcast("chat");
  const heard: string[] = [];
  chat.onmessageerror = ({ type }) => void heard.push(type);
  chat.onmessage = () => void heard.push("first");
  chat.onmessage = () => void heard.push("second");
  channels.receive("chat", toCloneText(1));
  channels.receive("chat", "AA==");
  chat.onmessage = null;
  channels.receive("chat", toCloneText(1));
  assertEquals(heard, ["second", "messageerror"]);
  assertEquals(chat.onmessage, null);
});

Deno.test("the class looks like that of the runtime", () => {
  const { Broadcast } = opened();
  const chat = new Broadcast("chat");
  assertEquals([Broadcast.name, Broadcast.length], ["BroadcastChannel", 1]);
  assertEquals([chat.name, chat instanceof EventTarget], ["chat", true]);
  assertEquals(Object.prototype.toString.call(chat), "[object BroadcastChannel]");
  assertEquals(new Broadcast(7 as never).name, "7");
  assertThrows(() => new (Broadcast as never as new () => unknown)(), TypeError, "1 argument required");
  chat.close();
  assertThrows(() => chat.postMessage(1), DOMException, "it is closed");
});

Deno.test("bad input: names, values and lengths", () => {
  const { channels, sent } = opened();
  assertThrows(() => channels.open(undefined), TypeError, "its name is of type undefined");
  assertThrows(
    () => channels.open("x".repeat(201)),
    RangeError,
    `cannot open the channel ${"x".repeat(20)}…: its name has 201 characters, at most 200`,
  );
  const chat = channels.open("chat");
  const before = sent.length;
  const error = assertThrows(() => chat.post(() => {}), DOMException);
  assertEquals(error.name, "DataCloneError");
  assertThrows(
    () => chat.post("x".repeat(300_000)),
    RangeError,
    "cannot post to the channel chat: the message has 30000",
  );
  assertEquals(sent.length, before);
  for (let count = 1; count < 10_000; count++) channels.open(`room ${count}`);
  assertThrows(() => channels.open("one more"), RangeError, "10000 others are open");
  assertEquals(channels.open("chat").name, "chat");
});

Deno.test("a value survives: dates, maps, bytes in arrays, cycles", () => {
  const value: Record<string, unknown> = {
    when: new Date(0),
    map: new Map([[1, Uint8Array.of(1, 2, 3)]]),
    big: 5n,
  };
  value["self"] = value;
  const copy = fromCloneText(toCloneText(value)) as typeof value;
  assertEquals(copy["map"], value["map"]);
  assertEquals([copy["when"], copy["big"], copy["self"] === copy], [value["when"], 5n, true]);
});

Deno.test("an array has a buffer of its own that holds its elements only", () => {
  const shared = new ArrayBuffer(16);
  const arrays = [
    Uint8Array.of(1, 2, 3),
    Float64Array.of(1.5, 2),
    new Uint8Array(shared, 4, 3),
    new DataView(shared, 2, 5),
    Buffer.from("text"),
  ];
  const copies = fromCloneText(toCloneText({ arrays })) as { arrays: ArrayBufferView[] };
  assertEquals(
    copies.arrays.map(({ byteOffset, buffer }) => [byteOffset, buffer.byteLength]),
    arrays.map(({ byteLength }) => [0, byteLength]),
  );
  assertEquals(
    copies.arrays.map(({ constructor }) => constructor),
    arrays.map(({ constructor }) => constructor),
  );
  assertEquals(copies.arrays[1], arrays[1]);
});

Deno.test("an app that replaces MessageEvent hears messages as before", () => {
  const { channels } = opened();
  const { MessageEvent } = globalThis;
  const heard: unknown[] = [];
  channels.open("chat").onmessage = ({ data }) => void heard.push(data);
  try {
    globalThis.MessageEvent = class {} as never;
    channels.receive("chat", toCloneText(1));
  } finally {
    globalThis.MessageEvent = MessageEvent;
  }
  assertEquals(heard, [1]);
});
