/** Makes one file of an app: the same way from source and in a compiled Denicorn, which cannot load sources. */

import type { Plugin } from "esbuild";
import { DenicornError } from "../../core/errors.ts";
import type { Files, System } from "../../system/system.ts";
import type { BuildRequest, Built } from "./build.ts";
import { BundleCache } from "./bundle_cache.ts";
import { shownPath } from "../paths.ts";

export interface BundleOptions {
  /** Absolute path of the module to begin with. */
  readonly entry: string;
  /** Absolute path of the file to write. */
  readonly outfile: string;
  /** Where esbuild's executable is put when there is no better place. */
  readonly runtimeDirectory: string;
  /** Whether a bundle of an earlier start may be used. */
  readonly cache?: boolean;
}

export interface Bundle extends Omit<Built, "text"> {
  readonly outfile: string;
  readonly durationMs: number;
  /**
   * Set when this bundle could be used again and is not kept yet. It bundles once more, so it is for a moment
   * when nobody waits; it never fails.
   */
  readonly keep: (() => Promise<void>) | undefined;
  /** Whether it is one that was kept. */
  readonly wasKept: boolean;
}

/**
 * Bundles the app at `entry`, whose export `exportName` will be served. Throws DenicornError with the place and
 * the cause of what is wrong.
 */
export async function bundleApp(
  system: System,
  options: BundleOptions & { readonly exportName: string },
): Promise<Bundle> {
  const bundle = await bundleModule(system, options, { action: "cannot load the app" });
  if (!bundle.exports.includes(options.exportName)) throw exportMissing(system, options, bundle.exports);
  return bundle;
}

/** After this long a start or reload is over, as a rule. */
const untilQuiet = 3_000;

/** Keeps a bundle when that slows nobody down. */
export function cacheWhenQuiet({ clock }: System, keep: Bundle["keep"]): void {
  if (keep !== undefined) clock.after(untilQuiet, () => void keep());
}

interface ModuleKind {
  /** Begins the message of an error. */
  readonly action: string;
  /** Come before those that every bundle has. */
  readonly plugins?: (files: Files) => readonly Plugin[];
}

export async function bundleModule(
  system: System,
  { entry, outfile, runtimeDirectory, cache: mayCache = false }: BundleOptions,
  { action, plugins = () => [] }: ModuleKind,
): Promise<Bundle> {
  const { files, clock } = system;
  const started = clock.monotonic();
  const request = { entry, runtimeDirectory, action, plugins, workingDirectory: workingDirectory(system) };
  const cache = mayCache ? await BundleCache.open(system, request) : undefined;
  const kept = await cache?.find();
  const { text, ...built } = kept ?? await make(system, request, cache);
  files.writeText(outfile, text, { mode: 0o644 });
  return {
    keep: undefined,
    ...built,
    outfile,
    wasKept: kept !== undefined,
    durationMs: clock.monotonic() - started,
  };
}

async function make(system: System, request: BuildRequest, cache: BundleCache | undefined) {
  // A start that finds its bundle made needs nothing of this.
  const { build } = await import("./build.ts");
  const { built, origin } = await build(system, request);
  return { ...built, keep: cache && (() => cache.keep(origin)) };
}

function exportMissing(
  system: System,
  { entry, exportName }: { readonly entry: string; readonly exportName: string },
  exports: readonly string[],
): DenicornError {
  const path = shownPath(workingDirectory(system), entry);
  const missing = exportName === "default" ? "has no default export" : `has no export "${exportName}"`;
  const named = exports.find((name) => name !== "default");
  const hint = named !== undefined
    ? `it exports ${exports.join(", ")}: write ${path}:${named}, or export the app as ${exportName}`
    : exports.length > 0
    ? `it has a default export only: write ${path}`
    : "it exports nothing: add `export default app`, where app is a fetch function or an object that has one";
  return new DenicornError("app-export-missing", `cannot load the app: ${path} ${missing}: ${hint}`);
}

function workingDirectory({ host }: System): string {
  try {
    return host.cwd();
  } catch {
    // It was removed. It only shortens the paths in messages.
    return "/";
  }
}
