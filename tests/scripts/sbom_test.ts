/** The list of what is in the executable, made from a bundle of the program as it is. */

import config from "../../deno.json" with { type: "json" };
import { bundleProgram } from "../../scripts/bundle_program.ts";
import { type Component, type Lock, sbom } from "../../scripts/sbom.ts";
import { targets } from "../../scripts/target.ts";
import { assert, assertEquals, assertNotEquals } from "../assert.ts";
import { modulesIn } from "../lint/modules.ts";

const lock: Lock = JSON.parse(Deno.readTextFileSync(new URL("../../deno.lock", import.meta.url)));
const folder = Deno.makeTempDirSync({ prefix: "denicorn-test-" });
const packages = await bundleProgram(folder, { version: "1.2.3", sha256: "", offset: 0, size: 0 });
Deno.removeSync(folder, { recursive: true });

const esbuild = { version: config.imports.esbuild.split("@").at(-1)!, sha256: "e".repeat(64) };
const contents = targets.map((target) => {
  const runtime = { version: "2.0.0", source: `npm:runtime-${target}@1.0.0`, sha256: "a".repeat(64) };
  return { target, runtime, esbuild, packages };
});
const list = sbom("0.1.0", "1760000000", contents, lock);
const { components } = list;
const named = (name: string) => components.find((component) => component.name === name);

/** As the sources import them, without the bundler: `npm:hono@4.13.19` for `hono/tiny`. */
function importedPackages(): string[] {
  const root = new URL("../../", import.meta.url);
  const sources = modulesIn("src").filter((path) => !path.startsWith("src/control/page/browser/"))
    .map((path) => Deno.readTextFileSync(new URL(path, root))).join("\n");
  const specifiers = Array.from(
    sources.matchAll(/^(?:import (?!type\b)|\} from |export )[^"\n]*"([^".][^"]*)"/gm),
    ([, name]) => name!,
  );
  const mapped = Object.entries(config.imports).filter(([name, target]) =>
    target.startsWith("npm:") &&
    specifiers.some((specifier) => name.endsWith("/") ? specifier.startsWith(name) : specifier === name)
  );
  return [...new Set(mapped.map(([, target]) => target.replace(/^npm:\/?/, "").replace(/\/$/, "")))].sort();
}

Deno.test("the list has every package that a module of src/ imports", () => {
  const refs = components.map((component) => component["bom-ref"]);
  const imported = importedPackages();
  assert(imported.length >= 5, imported.join(", "));
  assertEquals(imported.filter((ref) => !refs.includes(ref)), []);
  for (const name of ["fast-check", "fastify", "playwright-core"]) assertEquals(named(name), undefined);
});

Deno.test("each package in the list is the one in deno.lock, with its license", () => {
  const libraries = components.filter(({ type }) => type !== "platform");
  assertEquals(libraries.length, packages.length + targets.length);
  for (const component of libraries) {
    const ref = component["bom-ref"];
    const locked = Object.entries(lock.npm).find(([key]) => key === ref || key.startsWith(`${ref}_`))?.[1];
    const digest = Uint8Array.fromHex(component.hashes![0]!.content).toBase64();
    assertEquals(`sha512-${digest}`, locked?.integrity, ref);
    assertEquals(component.licenses.length, 1);
  }
  assertEquals(named("bullmq")?.licenses, [{ license: { id: "MIT" } }]);
});

Deno.test("the list has the runtime and esbuild's executable of each target, with their checksums", () => {
  for (const target of targets) {
    const runtime: Component = named(`denort-${target}`)!;
    assertEquals(runtime.hashes, [{ alg: "SHA-256", content: "a".repeat(64) }]);
    assertEquals(runtime.properties?.[0]?.value, `npm:runtime-${target}@1.0.0`);
    assertEquals(runtime.purl, `pkg:npm/runtime-${target}@1.0.0`);
    assertEquals(named(`@esbuild/${target}`)?.properties?.[0]?.value, esbuild.sha256);
  }
});

Deno.test("the runtime is named after where it is from, which only its builder knows of a file", () => {
  const purlFrom = (source: string) => {
    const [first] = contents;
    const own = { ...first!, runtime: { version: "2.0.0", source, sha256: "" } };
    return sbom("0.1.0", "1760000000", [own], lock).components.find(({ type }) => type === "platform")?.purl;
  };
  assertEquals(purlFrom("npm:@stdy/cli@0.2.0, first 9 bytes of a/b"), "pkg:npm/%40stdy/cli@0.2.0");
  assertEquals(purlFrom("release/v2.0.0/denort.zip"), "pkg:github/denoland/deno@v2.0.0");
  assertEquals(purlFrom("DENORT_BIN of the build"), undefined);
});

Deno.test("the checksum of a zip with the runtime is not said to be that of the runtime", () => {
  const runtime = { version: "2.0.0", source: "release/v2.0.0/denort.zip", sha256: "b".repeat(64) };
  const found = sbom("0.1.0", "1760000000", [{ ...contents[0]!, runtime }], lock).components[0];
  assertEquals(found?.hashes, undefined);
  const hashes = [{ alg: "SHA-256" as const, content: "b".repeat(64) }];
  const url = "https://dl.deno.land/release/v2.0.0/denort.zip";
  assertEquals(found?.externalReferences, [{ type: "distribution", url, hashes }]);
});

Deno.test("a package depends on those in the lock whose names have an underscore, with peers and without", () => {
  const integrity = `sha512-${btoa("a".repeat(64))}`;
  const made: Lock = {
    npm: {
      "left@1.0.0_peer@2.0.0": { integrity, dependencies: ["string_decoder", "one_two@2.0.0_peer@2.0.0"] },
      "string_decoder@1.3.0": { integrity },
      "one_two@2.0.0_peer@2.0.0": { integrity },
      "one_two@1.0.0": { integrity },
      [`@esbuild/linux-x64@${esbuild.version}`]: { integrity },
    },
  };
  const packages = [
    { name: "left", version: "1.0.0", license: "MIT", notices: [] },
    { name: "one_two", version: "1.0.0", license: "MIT", notices: [] },
    { name: "one_two", version: "2.0.0", license: "MIT", notices: [] },
    { name: "string_decoder", version: "1.3.0", license: "MIT", notices: [] },
  ];
  const list = sbom("0.1.0", "1760000000", [{ ...contents[0]!, target: "linux-x64", packages }], made);
  const found = list.dependencies.find(({ ref }) => ref === "left@1.0.0");
  assertEquals(found?.dependsOn, ["string_decoder@1.3.0", "one_two@2.0.0"]);
});

Deno.test("a package is not taken for another one whose name or version begins like it", () => {
  const sha = (byte: string) => ({ integrity: `sha512-${btoa(byte.repeat(64))}` });
  const made: Lock = {
    npm: {
      "left@1.0.1": sha("a"),
      "left@1.0_peer@2.0.0": sha("b"),
      "left-pad@1.0": sha("c"),
      "@esbuild/linux-x64@1.0": sha("d"),
    },
  };
  const packages = [{ name: "left", version: "1.0", license: "MIT", notices: [] }];
  const made1 = [{
    ...contents[0]!,
    target: "linux-x64" as const,
    esbuild: { version: "1.0", sha256: "" },
    packages,
  }];
  const found = sbom("0.1.0", "1760000000", made1, made).components.find(({ name }) => name === "left");
  assertEquals(found?.hashes?.[0]?.content, new TextEncoder().encode("b".repeat(64)).toHex());
});

Deno.test("references in the list are to components, each named once, and a package depends on what it has in the lock", () => {
  const refs = components.map((component) => component["bom-ref"]);
  assertEquals(new Set(refs).size, refs.length);
  const [own, ...others] = list.dependencies;
  assertEquals(own?.dependsOn, refs);
  for (const { ref, dependsOn } of others) {
    assertEquals([ref, ...dependsOn].filter((name) => !refs.includes(name)), []);
  }
  const redis = others.find(({ ref }) => ref.startsWith("ioredis@"));
  assert(redis?.dependsOn.some((ref) => ref.startsWith("redis-errors@")), redis?.dependsOn.join(", "));
});

Deno.test("the same release has the same list, another one another serial number", () => {
  assertEquals(sbom("0.1.0", "1760000000", contents, lock), list);
  assertNotEquals(sbom("0.1.0", "1760000001", contents, lock)["serialNumber"], list["serialNumber"]);
});
