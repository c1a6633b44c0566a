/** The pure parts: JSON with comments, package specifiers, versions, paths. */

import { jsonFault, parseJsonc } from "../../../src/app/jsonc.ts";
import { installedNames, packageNameOf, parsePackageSpecifier } from "../../../src/app/resolve/specifiers.ts";
import { fits } from "../../../src/app/resolve/package_version.ts";
import {
  absolutePath,
  directoryOf,
  extensionOf,
  filePath,
  fileUrl,
  shownPath,
} from "../../../src/app/paths.ts";
import { assertEquals, assertThrows } from "../../assert.ts";

Deno.test("JSON with comments and trailing commas", () => {
  assertEquals(parseJsonc(`{ // one\n "a//": "/* x */ \\" // y", /* two */ "b": [1, /* , ] */ ], }`), {
    "a//": `/* x */ " // y`,
    b: [1],
  });
  assertEquals(parseJsonc(`\uFEFF{"a":{"b":1,\n},}`), { a: { b: 1 } });
  assertThrows(() => parseJsonc(`{ "a": 1,, }`), SyntaxError);
});

Deno.test("a fault in JSON, with its place if the runtime reports it", () => {
  const fault = (text: string) => jsonFault(text, assertThrows(() => parseJsonc(text), SyntaxError));
  assertEquals(fault(`{ // comment, with "quotes" }\n  "a" 1 }`), ":2:7: Expected ':' after property name");
  assertEquals(fault(`{ "a":\n oops }`), `: Unexpected token 'o', "{ "a": oops }" is not valid JSON`);
});

Deno.test("package specifiers", () => {
  assertEquals(parsePackageSpecifier("npm:zod@3/v4"), {
    registry: "npm",
    name: "zod",
    version: "3",
    subpath: "/v4",
  });
  assertEquals(parsePackageSpecifier("npm:/@s/p@^1.0/"), {
    registry: "npm",
    name: "@s/p",
    version: "^1.0",
    subpath: "",
  });
  assertEquals(parsePackageSpecifier("jsr:@s/p/a/b"), {
    registry: "jsr",
    name: "@s/p",
    version: "",
    subpath: "/a/b",
  });
  for (const other of ["zod", "node:fs", "npm:", "npm:@s"]) {
    assertEquals(parsePackageSpecifier(other), undefined);
  }
  const jsr = parsePackageSpecifier("jsr:@std/assert@1");
  assertEquals(jsr && installedNames(jsr), ["@jsr/std__assert", "@std/assert"]);
  assertEquals([packageNameOf("a/b/c"), packageNameOf("@s/a/b"), packageNameOf("a")], ["a", "@s/a", "a"]);
});

Deno.test("versions match a range of the same series", () => {
  for (
    const [range, fitting, others] of [
      ["4", ["4.0.0", "4.13.19"], ["3.9.9", "40.0.0"]],
      ["^4.1.0", ["4.1.0", "4.6.7"], ["5.0.0"]],
      ["^0.2.3", ["0.2.9"], ["0.3.0", "1.2.3"]],
      ["^0", ["0.1.0"], ["1.0.0"]],
      ["~1.2.3", ["1.2.9"], ["1.3.0"]],
      ["1.2.3", ["1.2.3", "1.2.3_peer@2.0.0"], ["1.2.4"]],
      ["1.2", ["1.2.9"], ["1.3.0"]],
      ["*", ["1.0.0", ""], []],
      ["latest", ["9.0.0"], []],
      [">=2", ["3.0.0"], []],
    ] as const
  ) {
    for (const version of fitting) {
      assertEquals([range, version, fits(version, range)], [range, version, true]);
    }
    for (const version of others) {
      assertEquals([range, version, fits(version, range)], [range, version, false]);
    }
  }
});

Deno.test("paths and URLs", () => {
  for (const path of ["/a/b.ts", "/with space/100%25 #1 ?.ts", "/größe", "/a\\b\nc", "/[x]*/'\";:@&=+$,"]) {
    assertEquals(filePath(fileUrl(path)), path);
    assertEquals(new URL(fileUrl(path)).href, fileUrl(path));
  }
  assertEquals(absolutePath("/a/b", "../c/./d"), "/a/c/d");
  assertEquals(absolutePath("/a", "/b/../../.."), "/");
  assertEquals([directoryOf("/a/b"), directoryOf("/a"), directoryOf("/")], ["/a", "/", "/"]);
  assertEquals([extensionOf("/a.b/c.TS"), extensionOf("/a.b/c"), extensionOf(".env")], [".ts", "", ""]);
  assertEquals([shownPath("/srv", "/srv/a.ts"), shownPath("/srv", "/srvx/a.ts"), shownPath("/", "/a.ts")], [
    "a.ts",
    "/srvx/a.ts",
    "a.ts",
  ]);
});
