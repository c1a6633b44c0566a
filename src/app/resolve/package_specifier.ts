/** `npm:` and `jsr:` specifiers: `npm:zod@3/v4` is `zod/v4` of the package `zod` in `node_modules`. */

export interface PackageSpecifier {
  readonly registry: "npm" | "jsr";
  /** With its scope. */
  readonly name: string;
  /** What stands after `@`, or empty. */
  readonly version: string;
  /** With its leading slash, or empty. */
  readonly subpath: string;
}

const form = /^(npm|jsr):\/?((?:@[^/@]+\/)?[^/@]+)(?:@([^/]*))?(\/.*)?$/;

/** `undefined` when `specifier` is of another kind. */
export function parsePackageSpecifier(specifier: string): PackageSpecifier | undefined {
  const [, registry, name, version = "", subpath = ""] = form.exec(specifier) ?? [];
  if ((registry !== "npm" && registry !== "jsr") || name === undefined) return undefined;
  return { registry, name, version, subpath: subpath === "/" ? "" : subpath };
}

/** The names under which the package may lie in `node_modules`, best first. */
export function installedNames({ registry, name }: PackageSpecifier): string[] {
  // `npx jsr add @std/assert` installs @jsr/std__assert under the name @std/assert.
  return registry === "npm" ? [name] : [`@jsr/${name.replace(/^@/, "").replace("/", "__")}`, name];
}

/** The package that a bare specifier begins with: `hono` of `hono/jsx`, `@scope/name` of `@scope/name/x`. */
export function packageNameOf(bare: string): string {
  return bare.split("/", bare.startsWith("@") ? 2 : 1).join("/");
}
