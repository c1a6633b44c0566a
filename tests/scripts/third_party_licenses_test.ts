/** The licenses of what is in the executable, from a bundle of the program as it is. */

import { dirname } from "node:path";
import { type BundledPackage, noticesIn } from "../../scripts/bundled_packages.ts";
import { bundleProgram } from "../../scripts/bundle_program.ts";
import { debianCopyright } from "../../scripts/debian_copyright.ts";
import { renderLicenses, thirdParties } from "../../scripts/third_party_licenses.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../assert.ts";

/** Calls `use` with a new folder. */
async function withFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = Deno.makeTempDirSync({ prefix: "denicorn-test-" });
  try {
    return await use(folder);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

const packages = await withFolder((folder) =>
  bundleProgram(folder, { version: "1.2.3", sha256: "", offset: 0, size: 0 })
);
const runtime = { version: "2.0.0", source: "", sha256: "" };
const parties = await thirdParties({ packages, runtime });

const own = Deno.readTextFileSync(new URL("../../LICENSE", import.meta.url));
const made = (name: string, license: string, ...notices: string[]): BundledPackage => (
  { name, version: "1.0.0", license, notices }
);

Deno.test("each package in the program comes with what its license file says", () => {
  assert(packages.length > 10);
  assertEquals(packages.filter(({ notices }) => notices.length === 0).map(({ name }) => name), []);
  const text = renderLicenses(parties);
  for (const { name, version, notices } of [...packages, { name: "deno", version: "2.0.0", notices: [] }]) {
    assertMatch(text, new RegExp(`^${name}@${version} \\(\\S+\\)$`, "m"));
    for (const notice of notices) assertStringIncludes(text, notice);
  }
  assertStringIncludes(text, "the Deno authors");
  assertStringIncludes(text, "such as V8 and crates of Rust");
});

// Deno's package for npm has it, its archives do not.
const ofDeno = await noticesIn(dirname(Deno.execPath()));

Deno.test({
  name: "the license of Deno is the one that Deno comes with",
  ignore: ofDeno.length === 0,
  fn: () => assertEquals(parties.find(({ name }) => name === "deno")?.notices, ofDeno),
});

Deno.test("license files are found under the names that packages give them, and programs are none", async () => {
  await withFolder(async (folder) => {
    const names = ["COPYING", "LICENSE-MIT", "MIT-LICENSE.txt", "NOTICE", "license.md"];
    for (const name of [...names, "license.js", "notice-board.ts", "README.md", "licensing.md"]) {
      Deno.writeTextFileSync(`${folder}/${name}`, `${name}\r\n`);
    }
    Deno.mkdirSync(`${folder}/licenses`);
    assertEquals(await noticesIn(folder), names);
  });
});

Deno.test("of a package without a license file the text says so, and what its package.json names", () => {
  assertStringIncludes(
    renderLicenses([{ ...made("bare", "MIT"), author: "Ann Author" }]),
    "The package has no license file. Its package.json names MIT, and as its author Ann Author.",
  );
});

Deno.test("Debian's copyright has a paragraph for each package, and each license once", () => {
  const text = debianCopyright(own, parties);
  const paragraphs = text.split("\n\n");
  for (const { name } of parties) {
    assertEquals(
      paragraphs.filter((lines) => lines.startsWith(`Files: ${name}/*\nCopyright: `)).length,
      1,
      name,
    );
  }
  const named = Array.from(
    text.matchAll(/^Files: .*\nCopyright: .*(?:\n .*)*\nLicense: (.*)$/gm),
    ([, name]) => name,
  );
  assertEquals(named.length, parties.length + 1);
  const given = Array.from(text.matchAll(/^License: (.*)\n .*\S/gm), ([, name]) => name);
  assertEquals(given.sort(), [...new Set(named)].sort());
  assertEquals(paragraphs.filter((lines) => !/^(?:Format|Files|License): /.test(lines)), []);
});

Deno.test("Debian's copyright separates holders from the text, which two packages share but for line breaks", () => {
  const text = debianCopyright(own, [
    made("a", "ISC", "The ISC License\n\nCopyright (c) 2001 A\nCopyright 2002 B\n\nUse\nit.\n\nGladly."),
    made("@b/c", "ISC", "Copyright (c) C and others\n\nUse it.\n\nGladly."),
    made("d", "ISC", "Copyright © 2003 D\n\nDo not use it."),
    made("e", "Apache-2.0", "   Apache License\n   copyright license to use\n   Copyright [year] [name]\n"),
  ]);
  assertEquals(text.split("\n\n").slice(2), [
    "Files: a/*\nCopyright: 2001 A\n           2002 B\nLicense: ISC",
    "Files: @b/c/*\nCopyright: C and others\nLicense: ISC",
    "Files: d/*\nCopyright: 2003 D\nLicense: ISC-d",
    "Files: e/*\nCopyright: the authors of e\nLicense: Apache-2.0",
    text.split("\n\n").find((lines) => lines.startsWith("License: Expat\n"))!,
    "License: ISC\n Use\n it.\n .\n Gladly.",
    "License: ISC-d\n Do not use it.",
    "License: Apache-2.0\n On Debian systems the text of this license is in /usr/share/common-licenses/Apache-2.0.\n",
  ]);
});
