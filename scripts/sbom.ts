/**
 * What the executables have in them, as a bill of materials (SBOM) in the shape that `npm sbom` has: CycloneDX 1.5. From
 * what the bundler has bundled, and deno.lock. What is inside the runtime and esbuild's executable is not known here.
 */
import { createHash } from "node:crypto";
import type { BundledPackage } from "./bundled_packages.ts";
import { denoHost } from "./runtime.ts";
import type { Target } from "./target.ts";
import { BuildError } from "./workspace.ts";

/** What the executable for one target has in it. */
export interface Contents {
  readonly target: Target;
  readonly runtime: { readonly version: string; readonly source: string; readonly sha256: string };
  readonly esbuild: { readonly version: string; readonly sha256: string };
  readonly packages: readonly BundledPackage[];
}

type Named = Pick<BundledPackage, "name" | "version" | "license">;

/** Of deno.lock. */
export interface Lock {
  readonly npm: Readonly<
    Record<string, { readonly integrity: string; readonly dependencies?: readonly string[] }>
  >;
}

interface Hash {
  readonly alg: "SHA-256" | "SHA-512";
  readonly content: string;
}

export interface Component {
  readonly "bom-ref": string;
  readonly type: "library" | "application" | "platform";
  readonly name: string;
  readonly version: string;
  readonly scope?: "required";
  readonly purl?: string;
  readonly hashes?: readonly Hash[];
  readonly externalReferences?: readonly {
    readonly type: "distribution";
    readonly url: string;
    readonly hashes: readonly Hash[];
  }[];
  readonly licenses:
    readonly ({ readonly license: { readonly id: string } } | { readonly expression: string })[];
  readonly properties?: readonly { readonly name: string; readonly value: string }[];
}

interface Sbom {
  readonly components: readonly Component[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
  readonly [member: string]: unknown;
}

/** `date` in seconds since 1970. Throws BuildError if deno.lock lacks a package. */
export function sbom(version: string, date: string, contents: readonly Contents[], lock: Lock): Sbom {
  const packages = new Map(
    contents.flatMap(({ packages }) => packages.map((found) => [refOf(found), found] as const)),
  );
  const libraries = [...packages.values()].map((found) => library(found, lock));
  const license = [...packages.values()].find(({ name }) => name === "esbuild")?.license ?? "MIT";
  const executables = contents.map(({ target, esbuild }) => ({
    ...library({ name: `@esbuild/${target}`, version: esbuild.version, license }, lock),
    type: "application" as const,
    properties: [{ name: "denicorn:executable:sha256", value: esbuild.sha256 }],
  }));
  const components = [...contents.map(runtimeOf), ...executables, ...libraries];
  const own: Component = {
    "bom-ref": `denicorn@${version}`,
    type: "application",
    name: "denicorn",
    version,
    licenses: licensesOf("MIT"),
  };
  const dependencies = [
    { ref: own["bom-ref"], dependsOn: components.map((component) => component["bom-ref"]) },
    ...[...packages.values()].map((found) => ({
      ref: refOf(found),
      dependsOn: dependenciesOf(found, lock).filter((ref) => packages.has(ref)),
    })),
  ];
  return {
    $schema: "http://cyclonedx.org/schema/bom-1.5.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.5",
    serialNumber: `urn:uuid:${uuidOf(JSON.stringify([own, components, date]))}`,
    version: 1,
    metadata: {
      timestamp: new Date(Number(date) * 1000).toISOString(),
      lifecycles: [{ phase: "build" }],
      tools: [{ vendor: "Denicorn", name: "make dist", version }],
      component: own,
    },
    components,
    dependencies,
    compositions: [{
      aggregate: "incomplete",
      assemblies: [...contents.map(runtimeOf), ...executables].map(refIn),
    }],
  };
}

function refIn(component: Component): string {
  return component["bom-ref"];
}

function runtimeOf({ target, runtime: { version, source, sha256 } }: Contents): Component {
  return {
    "bom-ref": `denort-${target}@${version}`,
    type: "platform",
    name: `denort-${target}`,
    version,
    scope: "required",
    ...purlOf(source, version),
    ...checksumOf(source, sha256),
    licenses: licensesOf("MIT"),
    properties: [{ name: "denicorn:runtime:source", value: source }],
  };
}

/** From Deno's own host it is that of the zip, as Deno publishes it: the runtime inside has another one. */
function checksumOf(
  source: string,
  sha256: string,
): Pick<Component, "hashes"> | Pick<Component, "externalReferences"> {
  const hashes = [{ alg: "SHA-256", content: sha256 }] as const;
  if (!isFromDenoHost(source)) return { hashes };
  return { externalReferences: [{ type: "distribution", url: `${denoHost}/${source}`, hashes }] };
}

/** Where the runtime is from; nothing for a file of the builder. `source` as in `Runtime`. */
function purlOf(source: string, version: string): Pick<Component, "purl"> {
  const [, name, edition] = /^npm:(.+)@([^@,]+)/.exec(source) ?? [];
  if (name !== undefined) return { purl: purlOfPackage(name, edition!) };
  return isFromDenoHost(source) ? { purl: `pkg:github/denoland/deno@v${version}` } : {};
}

function isFromDenoHost(source: string): boolean {
  return source.startsWith("release/");
}

function purlOfPackage(name: string, version: string): string {
  return `pkg:npm/${name.replace("@", "%40")}@${version}`;
}

function library(found: Named, lock: Lock): Component {
  const { name, version, license } = found;
  const digest = lockedAs(found, lock).integrity.replace("sha512-", "");
  return {
    "bom-ref": refOf(found),
    type: "library",
    name,
    version,
    scope: "required",
    purl: purlOfPackage(name, version),
    hashes: [{ alg: "SHA-512", content: Uint8Array.fromBase64(digest).toHex() }],
    licenses: licensesOf(license),
  };
}

function refOf({ name, version }: Pick<Named, "name" | "version">): string {
  return `${name}@${version}`;
}

/** A package with peers has theirs behind its version: `bullmq@6.7.0_ioredis@6.0.0`. */
function lockedAs(found: Named, { npm }: Lock) {
  const ref = refOf(found);
  const key = Object.keys(npm).find((key) => key === ref || key.startsWith(`${ref}_`));
  if (key === undefined) {
    throw new BuildError(`cannot list what is in the program: deno.lock does not contain ${ref}`);
  }
  return npm[key]!;
}

/** The lock has the version of a dependency only where there are several. */
function dependenciesOf(found: Named, lock: Lock): string[] {
  const known = Object.keys(lock.npm).map(withoutPeers);
  return (lockedAs(found, lock).dependencies ?? []).flatMap((name) =>
    known.filter((ref) => ref === withoutPeers(name) || ref.slice(0, ref.lastIndexOf("@")) === name)
  );
}

/** `bullmq@6.7.0` for `bullmq@6.7.0_ioredis@6.0.0`; only a name can have `_` itself: `string_decoder@1.3.0`. */
function withoutPeers(key: string): string {
  return key.replace(/^(@?[^@]+@[^_]+)_.*$/, "$1");
}

function licensesOf(license: string): Component["licenses"] {
  return [/[ ()]/.test(license) ? { expression: license } : { license: { id: license } }];
}

/** The same for the same text, as RFC 9562 has it for names of one's own kind (version 8). */
function uuidOf(text: string): string {
  const hex = createHash("sha256").update(text).digest("hex");
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ]
    .join("-");
}
