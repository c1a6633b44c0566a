/** Bundles an app into one file, the same from source and in a compiled Denicorn, which cannot load sources. */

import type { Plugin } from "esbuild";
import { DenicornError } from "../../core/errors.ts";
import { sleep } from "../../system/clock.ts";
import { lazyModule } from "../../system/lazy_module.ts";
import type { Files, System } from "../../system/system.ts";
import { shownPath } from "../paths.ts";
import { usesNodeHttp } from "../uses_of_node.ts";
import type { BuildRequest, Built } from "./build.ts";
import { nodeCluster } from "./node_cluster.ts";
import { appModule, ownModule } from "./own_module.ts";
import { BundleCache } from "./cache/bundle_cache.ts";

const builder = lazyModule(() => import("./build.ts"));

interface BundleOptions {
  /** Absolute path of the main module. */
  readonly entry: string;
  /** Packages to leave out of the bundle. */
  readonly external?: readonly string[];
  /** Absolute path of the module that exports the tasks, if that is not the main module. */
  readonly tasks?: string | undefined;
  /** Holds esbuild's executable when the user's cache cannot. */
  readonly runtimeDirectory: string;
  /** Whether a cached bundle may be used. */
  readonly cache?: boolean;
  /** Ends the build. */
  readonly signal?: AbortSignal | undefined;
}

export interface Bundle extends Built {
  readonly durationMs: number;
  readonly fromCache: boolean;
  /** Set when the bundle is not in the cache yet. It bundles once more, so call it when nothing waits; never fails. */
  readonly addToCache: (() => Promise<void>) | undefined;
}

/** Bundles the app at `entry`, which must have the export `exportName`. Throws DenicornError with the place and cause. */
export async function bundleApp(
  system: System,
  options: BundleOptions & { readonly exportName: string },
): Promise<Bundle> {
  const bundle = await bundleModule(system, options, {
    action: "cannot load the app",
    isMain: true,
    plugins: (files) => [ownModule(files, options.entry, appModule), nodeCluster()],
  });
  const { exportName } = options;
  if (bundle.isCommonJs || bundle.exports.includes(exportName)) return bundle;
  if (exportName === "default" && mayServe(bundle.text)) return bundle;
  throw exportMissing(system, options, bundle.exports);
}

/** Whether a bundle may start servers of its own: it names `Deno.serve`, takes it out of `Deno`, or uses `node:http`. */
function mayServe(text: string): boolean {
  return usesNodeHttp(text) ||
    /\bDeno\s*(\?\s*)?\.\s*serve\b|\bDeno\s*\[|\bserve\b[^;{}]*\}\s*=\s*(globalThis\.)?Deno\b/.test(text);
}

/** After this time (ms) a start or reload is usually complete. */
const untilQuiet = 3_000;

/** Adds the bundle to the cache when that delays no start. Resolves when it is there, or cannot be. */
export async function addToCacheLater(
  { clock }: System,
  { addToCache }: Pick<Bundle, "addToCache">,
): Promise<void> {
  if (addToCache === undefined) return;
  await sleep(clock, untilQuiet);
  await addToCache();
}

interface ModuleKind {
  /** The beginning of error messages. */
  readonly action: string;
  /** Whether the main module is the app. */
  readonly isMain?: boolean;
  /** Run before the plugins of every bundle. */
  readonly plugins?: (files: Files) => readonly Plugin[];
}

export async function bundleModule(
  system: System,
  { entry, external = [], tasks, runtimeDirectory, cache: mayCache = false, signal }: BundleOptions,
  { action, isMain = false, plugins = () => [] }: ModuleKind,
): Promise<Bundle> {
  const { clock } = system;
  const started = clock.monotonic();
  const request = {
    entry,
    external,
    tasks,
    isMain,
    runtimeDirectory,
    action,
    plugins,
    workingDirectory: workingDirectory(system),
    signal,
  };
  const cache = mayCache ? BundleCache.open(system, request) : undefined;
  const cached = cache?.find();
  return {
    addToCache: undefined,
    ...(cached ?? await make(system, request, cache)),
    fromCache: cached !== undefined,
    durationMs: clock.monotonic() - started,
  };
}

async function make(system: System, request: BuildRequest, cache: BundleCache | undefined) {
  // A start that finds its bundle in the cache does not load this.
  const { build } = await builder();
  const { built, origin } = await build(system, request);
  return { ...built, addToCache: cache && (() => cache.add(origin)) };
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
    ? `it only has a default export: write ${path}`
    : "it exports nothing and starts no server: add `export default app`, where app is a fetch function or an " +
      "object that has one";
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
