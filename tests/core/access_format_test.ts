import { accessFormat, objectionTo } from "../../src/core/access_format.ts";
import { assertEquals, assertMatch } from "../assert.ts";

Deno.test("a format is a name, or a text that names something of a request", () => {
  for (const given of ["common", "combined", "json", "%(h)s", "%%(h)s %(s)s", "%({x-Id}i)s"]) {
    assertEquals(accessFormat(given) === null, false, given);
  }
});

Deno.test("a format that cannot be written is refused, with what is wrong in it", () => {
  const cases: readonly (readonly [given: string, objection: RegExp])[] = [
    ["apache", /it names nothing of a request: use common, combined, json, or a text with atoms/],
    ["%(x)s", /there is no atom "%\(x\)s": use one of h l u /],
    ["%({a b}i)s", /there is no atom "%\(\{a b\}i\)s"/],
    ["%({A}e)s", /there is no atom/],
    ["%h %(s)s", /"%h " is no atom: write %\(h\)s/],
    ["%(h) %(s)s", /"%\(h\) " is no atom/],
    ["%(h)s\n%(s)s", /it has "\\n" in it: write one line/],
  ];
  for (const [given, objection] of cases) {
    assertEquals(accessFormat(given), null, given);
    assertMatch(objectionTo(given) ?? "", objection);
  }
});

Deno.test("only what a format names must be known", () => {
  assertEquals(accessFormat("%(h)s %(s)s")?.needs, {
    requestHeaders: [],
    responseHeaders: [],
    protocol: false,
    size: false,
    requestId: false,
  });
  assertEquals(accessFormat("combined")?.needs, {
    requestHeaders: ["authorization", "referer", "user-agent"],
    responseHeaders: [],
    protocol: true,
    size: true,
    requestId: false,
  });
});
