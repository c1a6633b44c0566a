/** Loads the modules that a running master may need later, as long as it can: see `lazyModule`. */

import { loadEsbuild } from "../app/bundle/esbuild.ts";
import { loadLazyModules } from "../system/lazy_module.ts";
import type { System } from "../system/system.ts";

/** Milliseconds after which a start is usually complete, so that this does not delay it. */
const untilQuiet = 3_000;

export function preloadModules(system: System, runtimeDirectory: string): void {
  const { host, clock } = system;
  if (host.standalone) return;
  clock.after(untilQuiet, async () => {
    await loadLazyModules();
    // The first bundle that is not cached says why it cannot be loaded.
    await loadEsbuild(system, runtimeDirectory).catch(() => {});
  });
}
