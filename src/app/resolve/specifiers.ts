/** What the text of an import names: a module of the runtime, or a package in one of three spellings. */

/** An `npm:` or `jsr:` specifier: `npm:zod@3/v4` is `zod/v4` of the package `zod` in `node_modules`. */
export interface PackageSpecifier {
  readonly registry: "npm" | "jsr";
  /** With its scope. */
  readonly name: string;
  /** The part after `@`, or empty. */
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

/** The names the package may have in `node_modules`, best first. */
export function installedNames({ registry, name }: PackageSpecifier): string[] {
  // `npx jsr add @std/assert` installs @jsr/std__assert under the name @std/assert.
  return registry === "npm" ? [name] : [`@jsr/${name.replace(/^@/, "").replace("/", "__")}`, name];
}

/** The package that a bare specifier begins with: `hono` of `hono/jsx`, `@scope/name` of `@scope/name/x`. */
export function packageNameOf(bare: string): string {
  return bare.split("/", bare.startsWith("@") ? 2 : 1).join("/");
}

/**
 * Node's built-in modules by the bare names that npm packages use. Listed here, because asking the runtime loads
 * `node:module`, which takes 40 ms from source.
 */
const builtins: ReadonlySet<string> = new Set(
  ("assert async_hooks buffer child_process cluster console constants crypto dgram diagnostics_channel " +
    "dns domain events fs http http2 https inspector module net os path perf_hooks process punycode querystring " +
    "readline repl stream string_decoder sys timers tls trace_events tty url util v8 vm wasi worker_threads zlib " +
    "assert/strict dns/promises fs/promises inspector/promises path/posix path/win32 readline/promises " +
    "stream/consumers stream/promises stream/web timers/promises util/types").split(" "),
);

/** Whether a bare specifier means a module of the runtime, not a package of that name. */
export function isBuiltin(specifier: string): boolean {
  return builtins.has(specifier);
}
