import { objectionTo } from "../../../src/core/http/handshake.ts";
import { assertEquals } from "../../assert.ts";

const valid = { method: "GET", version: "13", key: "dGhlIHNhbXBsZSBub25jZQ==" };

Deno.test("a handshake of version 13 with a key of 16 bytes is a WebSocket", () => {
  assertEquals(objectionTo(valid), null);
});

Deno.test("the answer to another version names the right one, all else is a bad request", () => {
  const status = (changed: Partial<Parameters<typeof objectionTo>[0]>) =>
    objectionTo({ ...valid, ...changed })?.status;
  assertEquals([status({ version: "8" }), status({ version: null })], [426, 426]);
  assertEquals([status({ key: null }), status({ key: "YQ==" }), status({ method: "POST" })], [400, 400, 400]);
});
