/** README and docs/installing.md name the files and the runtime that the build makes and takes. */

import { debianFile } from "../../scripts/debian_package.ts";
import { editions, npmRuntimeVersion } from "../../scripts/npm_runtime.ts";
import { packageName } from "../../scripts/npm_packages.ts";
import { targets } from "../../scripts/target.ts";
import { version } from "../../src/core/version.ts";
import { assertEquals, assertStringIncludes } from "../assert.ts";

const read = (path: string) => Deno.readTextFileSync(new URL(`../../${path}`, import.meta.url));
const page = read("docs/installing.md").replaceAll(/\s+/g, " ");

Deno.test("docs/installing.md says which runtime the npm registry has, with its checksum", () => {
  assertStringIncludes(page, `Deno ${npmRuntimeVersion}`);
  for (const edition of Object.values(editions)) {
    assertStringIncludes(page, `\`${edition.package}\``);
    assertStringIncludes(page, edition.file);
    assertStringIncludes(page, `${edition.bytes.toLocaleString("en")} bytes`);
    assertStringIncludes(page, `sha256 \`${edition.sha256}\``);
  }
});

Deno.test("README and docs/installing.md install files that make dist writes", () => {
  const files = new Set([
    `npm/denicorn-${version}.tgz`,
    ...targets.flatMap((target) => [
      `denicorn-${version}-${target}.tar.gz`,
      `npm/${packageName(target)}-${version}.tgz`,
      debianFile(target, version),
    ]),
  ]);
  for (const path of ["README.md", "docs/installing.md"]) {
    const named = read(path).match(/\b(?:npm\/)?denicorn[\w.~-]*\.(?:tar\.gz|tgz|deb)\b/g) ?? [];
    assertEquals(named.length, 4, path);
    assertEquals(named.filter((name) => !files.has(name)), [], path);
  }
});
