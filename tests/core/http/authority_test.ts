import fc from "fast-check";
import { authorityIn, isAuthority } from "../../../src/core/http/authority.ts";
import { assert, assertEquals } from "../../assert.ts";

Deno.test("a host with or without a port is an authority", () => {
  for (
    const text of [
      "a",
      "a.example:8080",
      "[::1]",
      "[2001:db8::1]:80",
      "192.0.2.1",
      "a_b",
      "a.",
      "A:",
      "localhost:65535",
    ]
  ) {
    assert(isAuthority(text), text);
  }
});

Deno.test("what changes the path, the user or the port of a URL is none", () => {
  const wrong = [
    "",
    "a/b",
    "a?b",
    "a#b",
    "u@a",
    "a b",
    "a,b",
    "a:x",
    "a:65536",
    "a:1:2",
    "[::1",
    "::1",
    "[]",
    "a%20b",
    "é",
    "a\\b",
  ];
  for (const text of wrong) assert(!isAuthority(text), text);
});

Deno.test("whatever is accepted is the whole host of the URL that an app makes of it", () => {
  fc.assert(fc.property(
    fc.oneof(fc.string(), fc.webAuthority(), fc.stringMatching(/^[a-z0-9.:[\]@/?#%-]{0,12}$/)),
    (text) => {
      if (!isAuthority(text)) return;
      const { pathname, search, hash, username, host } = new URL(`http://${text}/x`);
      assertEquals([pathname, search, hash, username], ["/x", "", "", ""]);
      assert(host !== "");
      assertEquals(authorityIn(`http://${text}/x`, "http://"), text);
    },
  ));
});

Deno.test("the authority of a URL ends at its path, its query or its fragment", () => {
  assertEquals(
    ["http://a/b", "http://a?b", "http://a#b", "http://a"].map((url) => authorityIn(url, "http://")),
    [
      "a",
      "a",
      "a",
      "a",
    ],
  );
});
