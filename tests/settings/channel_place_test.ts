import { channelPlace } from "../../src/settings/kinds/channel_place.ts";
import { taskPlace } from "../../src/settings/kinds/task_place.ts";
import { withoutCredentials } from "../../src/settings/kinds/redis_password.ts";
import { assertEquals } from "../assert.ts";

const read = (text: string) => channelPlace.parse(text, { cores: 1 });

Deno.test("a URL names a server of Redis, and a channel there by prefix and database", () => {
  const plain = read("redis://localhost")!;
  assertEquals(
    [plain.server.host, plain.server.port, plain.server.isEncrypted, plain.channel],
    ["localhost", 6379, false, "denicorn:channels:0"],
  );
  const full = read("rediss://me:pass%40word@[::1]:7000/3?prefix=shop")!;
  const { host, port, username, password, isEncrypted, place } = full.server;
  assertEquals([host, port, username, password, isEncrypted], ["::1", 7000, "me", "pass@word", true]);
  assertEquals([place, full.channel], ["rediss://[::1]:7000/3", "shop:channels:3"]);
});

Deno.test("what is no such URL is not accepted", () => {
  const refused = [
    ...["", "redis", "localhost:6379", "http://localhost", "redis://", "redis:localhost", "redis://h/no"],
    ...[
      "redis://h/0?prefixes=a",
      "redis://h?prefix=a&prefix=b",
      "redis://h?prefix=",
      "redis://h?prefix=a%20b",
    ],
    ...[
      "redis://h?queue=a",
      "redis://h#x",
      "redis://h/0/1",
      "redis://:%zz@h",
      "redis://h:99999",
      "redis://h\0",
    ],
    `redis://h?prefix=${"x".repeat(101)}`,
  ];
  for (const text of refused) assertEquals([text, read(text)], [text, undefined]);
});

Deno.test("what is wrong with a URL is said, and shows no part of a password", () => {
  const objection = (text: string) => channelPlace.objection?.(text);
  assertEquals(objection("redis://h/0?prefixes=a"), "?prefixes= is not known: give ?prefix=");
  assertEquals(
    objection("redis://h?prefix=a%20b"),
    "?prefix= is no name: give letters, digits, _, ., : and -, 100 at most",
  );
  assertEquals(objection("redis://h?prefix=a&prefix=b"), "?prefix= is given twice: give one");
  assertEquals(objection("redis://h/no"), "/no is no number of a database: give /0");
  assertEquals(objection("redis://h#x"), "it ends with a fragment: leave out what follows #");
  assertEquals(objection("localhost:6379"), undefined);
  const hidden = "its user or password has a /, ? or #: write it as %2F, %3F or %23";
  for (const text of ["redis://me:1/secret@h", "redis://me:1?secret@h", "redis://me:1#secret@h"]) {
    assertEquals([objection(text), taskPlace.objection?.(text)], [hidden, hidden]);
  }
  const inValue = "its user or password has a ?, or its query an @: write them as %3F and %40";
  assertEquals(objection("redis://me:1?prefix=secret@h"), inValue);
  assertEquals(taskPlace.objection?.("redis://me:1?queue=secret@h"), inValue);
  assertEquals(taskPlace.objection?.("redis://me:1?queue=some%40where"), undefined);
});

Deno.test("a password is never shown, also of what is not accepted", () => {
  assertEquals(channelPlace.show(read("redis://me:secret@h/0")!), "redis://me:***@h/0");
  assertEquals(channelPlace.plain(read("redis://:secret@h")!), "redis://:***@h");
  assertEquals(withoutCredentials("redis://me:sec@ret@h/x"), "redis://***@h/x");
  assertEquals(withoutCredentials("redis:me:secret@h"), "***@h");
  assertEquals(withoutCredentials("me:secret@h"), "***@h");
  assertEquals(withoutCredentials("redis://h/x"), "redis://h/x");
  for (
    const text of [
      "redis://:secret",
      "redis://me:secret/0",
      "redis://me:secret:6379",
      "redis://h/0?password=secret",
      "redis://h/0?prefix=a&auth=secret",
      "redis://h#secret",
      "redis://:se/secret",
    ]
  ) {
    assertEquals([text, /secret/.test(String(withoutCredentials(text)))], [text, false]);
  }
  assertEquals(withoutCredentials("redis://[::1]:7000/x"), "redis://[::1]:7000/x");
  assertEquals(withoutCredentials("localhost:6379"), "localhost:6379");
  assertEquals(withoutCredentials("redis://h:7000?prefixes=a b"), "redis://h:7000?prefixes=a b");
  assertEquals(withoutCredentials("sqlite:tasks.db"), "sqlite:tasks.db");
  assertEquals(withoutCredentials(42), 42);
});
