import fc from "fast-check";
import { errorKinds } from "../../src/core/errors.ts";
import { longestPostText } from "../../src/protocol/channel_messages.ts";
import type { FromWorker } from "../../src/protocol/messages.ts";
import { readWorkerMessage } from "../../src/protocol/worker_message.ts";
import { assertEquals } from "../assert.ts";

const code = fc.constantFrom(...Object.keys(errorKinds) as (keyof typeof errorKinds)[]);
const text = fc.string({ unit: "binary", maxLength: 100 });
const failure = fc.record({ code, message: text, detail: text }, { requiredKeys: ["code", "message"] });
const address = fc.record({
  hostname: fc.oneof(fc.domain(), fc.ipV4(), fc.ipV6()),
  port: fc.integer({ min: 1, max: 65_535 }),
});

/** What workers send. */
const genuine: fc.Arbitrary<FromWorker> = fc.oneof(
  fc.record({ type: fc.constant("hello" as const), token: fc.uuid(), version: fc.constant("0.1.0") }),
  fc.record({ type: fc.constant("loaded" as const) }),
  fc.record({ type: fc.constant("ready" as const), addresses: fc.array(address), sharingFailure: text }, {
    requiredKeys: ["type", "addresses"],
  }),
  fc.record({ type: fc.constant("failed" as const), failure }),
  fc.record({ type: fc.constant("draining" as const), failure }, { requiredKeys: ["type"] }),
  fc.record({ type: fc.constant("closed" as const) }),
  fc.record({
    type: fc.constant("paused" as const),
    because: fc.constantFrom("app" as const, "open-files" as const, null),
  }),
  fc.record({
    type: fc.constantFrom("channel-open" as const, "channel-close" as const),
    name: text,
  }),
  fc.record({
    type: fc.constant("channel-post" as const),
    name: text,
    data: fc.base64String({ maxLength: 1_000 }),
  }),
  fc.record({ type: fc.constant("counters" as const), bytes: fc.base64String({ maxLength: 1_000 }) }),
);

const types = [
  "hello",
  "loaded",
  "ready",
  "failed",
  "draining",
  "closed",
  "paused",
  "counters",
  "channel-open",
  "channel-post",
];
const names = [
  "type",
  "token",
  "version",
  "addresses",
  "failure",
  "bytes",
  "code",
  "message",
  "hostname",
  "port",
  "because",
  "name",
  "data",
];

/** Objects with the names of real messages and any values. */
const garbage = fc.oneof(
  fc.jsonValue(),
  fc.dictionary(fc.constantFrom(...names, "__proto__", "toString"), fc.jsonValue()),
  fc.tuple(fc.constantFrom(...types), fc.dictionary(fc.constantFrom(...names), fc.jsonValue()))
    .map(([type, rest]) => ({ ...rest, type })),
);

const asSent = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
const read = (value: unknown) => readWorkerMessage(asSent(value));

Deno.test("property: every message that a worker sends is accepted as it is", () => {
  fc.assert(fc.property(genuine, (message) => assertEquals(asSent(read(message)), asSent(message))));
});

Deno.test("property: of anything else only what has the shape of a message is accepted, and only its fields", () => {
  fc.assert(fc.property(garbage, (value) => {
    const message = read(value);
    if (message === null) return;
    assertEquals(Object.getPrototypeOf(message), Object.prototype);
    // It is accepted again, and nothing is dropped any more.
    assertEquals(asSent(read(message)), asSent(message));
    switch (message.type) {
      case "ready":
        return message.addresses.forEach(({ hostname, port }) => {
          assertEquals([typeof hostname, Number.isInteger(port)], ["string", true]);
        });
      case "failed":
        return assertEquals(message.failure.code in errorKinds, true);
      case "counters":
        return void atob(message.bytes);
    }
  }));
});

Deno.test("property: a genuine message with one field changed to another type is refused", () => {
  const change = fc.tuple(genuine, fc.nat(), fc.constantFrom<unknown>(null, 7, true, [1], { a: 1 }));
  fc.assert(fc.property(change, ([message, at, wrong]) => {
    const name = Object.keys(message)[at % Object.keys(message).length]!;
    fc.pre(message.type !== "paused" || wrong !== null);
    assertEquals(read({ ...message, [name]: wrong }), null);
  }));
});

Deno.test("malformed messages are refused", () => {
  const address = { hostname: "127.0.0.1", port: 8000 };
  const failure = { code: "internal", message: "" };
  for (
    const value of [
      ...[null, 1, "ready", [], {}, { type: 1 }, { type: "constructor" }, { type: "__proto__" }],
      ...[{ type: "ready" }, { type: "ready", addresses: null }, { type: "ready", addresses: [null] }],
      ...[0, -1, 1.5, 65_536, "8000", null].map((port) => ({
        type: "ready",
        addresses: [{ ...address, port }],
      })),
      ...["", "a b", "a\n", "x".repeat(256), null].map((hostname) => ({
        type: "ready",
        addresses: [{ ...address, hostname }],
      })),
      { type: "ready", addresses: Array(1_025).fill(address) },
      ...[{ type: "failed" }, { type: "failed", failure: null }, { type: "failed", failure: "why" }],
      ...["unknown", "toString", null].map((code) => ({ type: "failed", failure: { ...failure, code } })),
      { type: "draining", failure: { ...failure, message: "x".repeat(70_000) } },
      { type: "draining", failure: { ...failure, detail: 1 } },
      ...["x".repeat(129), null].map((token) => ({ type: "hello", token, version: "1" })),
      ...[{ type: "paused" }, { type: "paused", because: "x" }, { type: "paused", because: true }],
      ...["%%%%", "abc", "x".repeat(20_000), null].map((bytes) => ({ type: "counters", bytes })),
    ]
  ) assertEquals(read(value), null, JSON.stringify(value));
});

Deno.test("a message for a channel is refused if it is too long, no base64, or its name is too long", () => {
  const post = { type: "channel-post", name: "chat", data: "AA==" };
  const wrong = [
    { data: "A".repeat(longestPostText + 4) },
    { data: "A\n==" },
    { data: "AAA" },
    { name: "x".repeat(201) },
    { name: 7 },
  ];
  assertEquals(wrong.map((change) => read({ ...post, ...change })), wrong.map(() => null));
  const longest = { ...post, data: "A".repeat(longestPostText), name: "x".repeat(200) };
  assertEquals(read(longest), longest as FromWorker);
});
