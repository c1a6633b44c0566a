import { redisAddress } from "../../../src/core/tasks/redis_address.ts";
import { assertEquals, assertThrows } from "../../assert.ts";

Deno.test("a URL says where the queue is", () => {
  const address = redisAddress("rediss://me:p%40ss@[::1]/3?queue=mail&prefix=p&limit=100/1s");
  assertEquals(address, {
    host: "::1",
    port: 6379,
    username: "me",
    password: "p@ss",
    database: 3,
    isEncrypted: true,
    queue: "mail",
    prefix: "p",
    limit: { max: 100, duration: 1000 },
    place: "rediss://[::1]:6379/3",
  });
  const { queue, prefix, limit, place } = redisAddress("redis://host");
  assertEquals([queue, prefix, limit, place], ["denicorn", "bull", undefined, "redis://host:6379"]);
  assertEquals(redisAddress("redis://h?limit=5/m").limit, { max: 5, duration: 60_000 });
});

Deno.test("a URL that names no queue is refused with the reason", () => {
  for (const text of ["redis:", "redis:///0", "no URL", "redis://h?tls=1", "redis://h/x", "redis://%@h"]) {
    assertThrows(() => redisAddress(text), RangeError);
  }
});
