import fc from "fast-check";
import { proxyHeader } from "../../../src/core/http/proxy_header.ts";
import { assert, assertEquals } from "../../assert.ts";

const encoder = new TextEncoder();
const signature = [13, 10, 13, 10, 0, 13, 10, 81, 85, 73, 84, 10];

/** Reads `bytes` as a connection would be read: never more than is asked for. */
function read(bytes: Uint8Array): { readonly taken: number; readonly found: ReturnType<typeof proxyHeader> } {
  for (let taken = 0;;) {
    const found = proxyHeader(bytes.subarray(0, taken));
    if (found.is !== "unfinished" || found.length > bytes.length) return { taken, found };
    assert(found.length > taken);
    taken = found.length;
  }
}

function line(text: string) {
  const { taken, found } = read(encoder.encode(`${text}\r\nGET / HTTP/1.1\r\n`));
  return found.is === "complete" ? [taken, found.client] : found.is;
}

function binary(version: number, family: number, rest: readonly number[]) {
  const bytes = Uint8Array.of(...signature, version, family, rest.length >> 8, rest.length & 255, ...rest);
  const { taken, found } = read(Uint8Array.of(...bytes, ...encoder.encode("GET / HTTP/1.1\r\n")));
  return found.is === "complete" ? [taken, found.client] : found.is;
}

Deno.test("version 1 names the client, and nothing after its line is taken", () => {
  assertEquals(line("PROXY TCP4 203.0.113.9 127.0.0.1 56324 443"), [
    44,
    { hostname: "203.0.113.9", port: 56_324 },
  ]);
  assertEquals(line("PROXY TCP6 2001:db8::1 ::1 1 2"), [32, { hostname: "2001:db8::1", port: 1 }]);
  assertEquals(line("PROXY UNKNOWN"), [15, null]);
  assertEquals(line("PROXY UNKNOWN ffff::1 ffff::2 1 2"), [35, null]);
});

Deno.test("version 2 names the client, and what proxies add is skipped", () => {
  const ports = [0xdc, 0x04, 0x01, 0xbb];
  assertEquals(binary(0x21, 0x11, [203, 0, 113, 9, 127, 0, 0, 1, ...ports]), [
    28,
    { hostname: "203.0.113.9", port: 56_324 },
  ]);
  const own = [0x20, 0x01, 0x0d, 0xb8, ...Array(11).fill(0), 1];
  assertEquals(binary(0x21, 0x21, [...own, ...own, ...ports, 3, 0, 4, 1, 2, 3, 4]), [
    59,
    { hostname: "2001:db8::1", port: 56_324 },
  ]);
  assertEquals(binary(0x20, 0, []), [16, null], "a health check of the proxy");
  assertEquals(binary(0x21, 0x31, Array(216).fill(0)), [232, null], "a client of a Unix socket");
});

Deno.test("anything else is none", () => {
  for (
    const text of [
      "GET / HTTP/1.1",
      "PROXY TCP4 203.0.113.9 127.0.0.1 1",
      "PROXY TCP4 ::1 ::1 1 2",
      "PROXY TCP6 1.2.3.4 1.2.3.4 1 2",
      "PROXY TCP4 1.2.3.4 1.2.3.4 1 65536",
      "PROXY TCP4 1.2.3.4  1.2.3.4 1 2",
      "PROXY UDP4 1.2.3.4 1.2.3.4 1 2",
      `PROXY UNKNOWN ${"x".repeat(100)}`,
    ]
  ) assertEquals(line(text), "none", text);
  assertEquals(line("PROXY TCP4 1.2.3.4\nGET / HTTP/1.1"), "none");
  assertEquals(binary(0x11, 0x11, Array(12).fill(0)), "none");
  assertEquals(binary(0x22, 0x11, Array(12).fill(0)), "none");
  assertEquals(binary(0x21, 0x11, Array(11).fill(0)), "none");
  assertEquals(binary(0x21, 0x41, Array(12).fill(0)), "none");
  assertEquals(binary(0x21, 0x11, Array(5_000).fill(0)), "none");
});

Deno.test("no bytes make it fail, or take more than a header can have", () => {
  const start = fc.constantFrom<readonly number[]>([], [...encoder.encode("PROXY TCP4 ")], [
    ...signature,
    0x21,
  ]);
  fc.assert(fc.property(start, fc.uint8Array({ maxLength: 300 }), (start, rest) => {
    const { taken } = read(Uint8Array.of(...start, ...rest));
    assert(taken <= 16 + 4_096);
  }));
});
