import fc from "fast-check";
import { longestFirst, staticPath } from "../../../src/core/http/static_path.ts";
import { assert, assertEquals } from "../../assert.ts";

const folders = longestFirst([{ path: "" }, { path: "/assets" }, { path: "/assets/old" }]);
const assets = [{ path: "/assets" }];

function found(target: string, of = folders): string {
  const asked = staticPath(target, of);
  return asked.is === "path" ? `${asked.folder.path} ${asked.path}` : asked.is;
}

Deno.test("the longest path that a request is below has its file", () => {
  assertEquals(found("/assets/old/a.js"), "/assets/old a.js");
  assertEquals(found("/assets/older/a.js"), "/assets older/a.js");
  assertEquals(found("/assets"), "/assets ");
  assertEquals(found("/assets/"), "/assets ");
  assertEquals(found("/assets-x/a.js"), " assets-x/a.js");
  assertEquals(found("/"), " ");
  assertEquals(found("/assets-x/a.js", assets), "elsewhere");
  assertEquals(found("/", assets), "elsewhere");
});

Deno.test("a path is decoded once, also where its folder begins", () => {
  assertEquals(found("/asset%73/a%20b.js", assets), "/assets a b.js");
  assertEquals(found("/assets/100%25.txt", assets), "/assets 100%.txt");
  assertEquals(found("/assets/%E2%82%AC.txt", assets), "/assets €.txt");
});

Deno.test("what leads elsewhere is refused, however it is written", () => {
  for (
    const path of [
      "../a",
      "a/../b",
      "./a",
      "..",
      "%2e%2e/a",
      "%2E./a",
      ".%2e/a",
      "%252e%252e/a",
      "%25252e%25252e/a",
      "..%2fa",
      "%2e%2e%2fa",
      "%2e%2e%5ca",
      "..%252fa",
      "..\\a",
      "a\\..\\b",
      "a%5cb",
      "a%255cb",
      "..;/a",
      "..;a=b/a",
      "%00",
      "a.js%00.png",
      "a.js%2500.png",
      ".git/config",
      "a/.env",
      ".env",
      "%2e-env",
      "a/.well-known/b",
    ]
  ) assertEquals(found(`/assets/${path}`, assets), "refused", path);
});

Deno.test("what is no file and leads nowhere is the app's", () => {
  for (const path of ["a%2fb", "caf%E9", "%", "%c0%ae%c0%ae/a", "a%0ab", "/a", "a//b"]) {
    assertEquals(found(`/assets/${path}`, assets), "elsewhere", path);
  }
});

Deno.test("files of RFC 8615 are served, at their place only", () => {
  assertEquals(found("/.well-known/security.txt"), " .well-known/security.txt");
  assertEquals(found("/.well-known/.htaccess"), "refused");
  assertEquals(found("/a/.well-known/security.txt"), "refused");
  assertEquals(found("/.well-known2"), "refused");
});

Deno.test("no path has a step that begins with a dot, or a character that is a separator elsewhere", () => {
  const step = fc.oneof(
    fc.constantFrom(
      "..",
      ".",
      "%2e",
      "%252e",
      "%2f",
      "%5c",
      "\\",
      "%00",
      "a",
      "%25",
      ";",
      "/",
      "//",
      "%c0%af",
      "é",
    ),
    fc.string({ maxLength: 3 }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 8 }), (steps) => {
      const asked = staticPath(`/assets/${steps.join("")}`, assets);
      if (asked.is !== "path") return;
      assert(!/(^|\/)\.|[\\\0]|\/\//.test(asked.path), asked.path);
      assert(!asked.path.startsWith("/"), asked.path);
    }),
    { numRuns: 2_000 },
  );
});
