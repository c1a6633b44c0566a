import fc from "fast-check";
import { forwardedClient, type ForwardedHeaders } from "../../../src/core/http/forwarded.ts";
import { assertEquals } from "../../assert.ts";

const isTrusted = (address: string) => address.startsWith("10.");
const none = { forwardedFor: null, forwardedProto: null, forwardedHost: null, forwarded: null };
const client = (headers: Partial<ForwardedHeaders>) => forwardedClient({ ...none, ...headers }, isTrusted);
const address = (forwardedFor: string) => client({ forwardedFor }).address;

Deno.test("the client is the nearest hop that is not a trusted proxy", () => {
  assertEquals(address("192.0.2.1"), "192.0.2.1");
  assertEquals(address("6.6.6.6, 192.0.2.1, 10.0.0.1"), "192.0.2.1");
  assertEquals(address("10.0.0.2, 10.0.0.1"), "10.0.0.2");
  assertEquals(address("[2001:DB8::1]:80, 10.0.0.1:443"), "2001:db8::1");
});

Deno.test("a hop without a name hides who is behind it", () => {
  assertEquals(address("6.6.6.6, unknown, 10.0.0.1"), "10.0.0.1");
  assertEquals(address("unknown"), null);
  assertEquals(address(""), null);
});

Deno.test("scheme and host are those that the nearest proxy names, if they can be used", () => {
  assertEquals(client({ forwardedProto: "http, HTTPS", forwardedHost: "evil, a.example:8443" }), {
    address: null,
    scheme: "https",
    host: "a.example:8443",
  });
  assertEquals(client({ forwardedProto: "gopher", forwardedHost: "a/b" }), {
    address: null,
    scheme: null,
    host: null,
  });
});

Deno.test("Forwarded has quotes, parameters of any case, and counts only alone", () => {
  const forwarded =
    'for=6.6.6.6, For="[2001:db8::1]:4711";Proto=https;host="a\\.example" , for=10.0.0.1;by=_x';
  assertEquals(client({ forwarded }), { address: "2001:db8::1", scheme: "https", host: "a.example" });
  assertEquals(client({ forwarded, forwardedFor: "192.0.2.1" }).address, "192.0.2.1");
  assertEquals(client({ forwarded: 'for="192.0.2.1, for=6.6.6.6' }).address, null);
  assertEquals(client({ forwarded: "for=6.6.6.6, garbage, for=10.0.0.1" }).address, "10.0.0.1");
});

Deno.test("whatever a client writes in front changes nothing", () => {
  fc.assert(fc.property(fc.string(), (invented) => {
    assertEquals(address(`${invented}, 192.0.2.1, 10.0.0.1`), "192.0.2.1");
  }));
  fc.assert(fc.property(fc.string().filter((text) => !text.includes('"')), (invented) => {
    assertEquals(client({ forwarded: `${invented},for=192.0.2.1, for=10.0.0.1` }).address, "192.0.2.1");
  }));
});
