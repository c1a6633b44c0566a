import * as fc from "fast-check";
import { sha256 } from "../../src/core/sha256.ts";
import { assertEquals } from "../assert.ts";

async function expected(data: Uint8Array<ArrayBuffer>): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", data)).toHex();
}

Deno.test("the digest is the same as that of the runtime, for each way in which a block can end", async () => {
  const data = Uint8Array.from({ length: 200 }, (_, index) => index * 7 & 0xff);
  for (let length = 0; length <= data.length; length++) {
    const part = data.slice(0, length);
    assertEquals(sha256(part).toHex(), await expected(part), `${length} bytes`);
  }
});

Deno.test("the digest is the same as that of the runtime for any bytes", async () => {
  await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 5_000 }), async (data) => {
    assertEquals(sha256(data).toHex(), await expected(Uint8Array.from(data)));
  }));
});

Deno.test("a text is digested as UTF-8", () => {
  assertEquals(sha256("abc").toHex(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  assertEquals(sha256("ä€😀"), sha256(new TextEncoder().encode("ä€😀")));
});
