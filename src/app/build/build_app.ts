/** From the text that names an app to its bundle. */

import { DenicornError } from "../../core/errors.ts";
import type { System } from "../../system/system.ts";
import { shownPath } from "../paths.ts";
import { locateApp, parseAppSpec } from "../app_spec.ts";
import { type Bundle, bundleApp } from "../bundle/bundle.ts";

export interface BuildRequest {
  /** As an operator gives it: `path/to/module[:export]`. */
  readonly app: string;
  /** Where a relative path is looked for. */
  readonly workingDirectory: string;
  /** Holds esbuild's executable when the user's cache cannot. */
  readonly runtimeDirectory: string;
  /** Packages to leave out of the bundle. */
  readonly external: readonly string[];
  /** The module that exports the tasks, as an operator names it; `undefined` if that is the app. */
  readonly tasks?: string | undefined;
  /** Whether a cached bundle may be used. */
  readonly cache: boolean;
}

export interface AppBuild extends Bundle {
  /** Absolute path of the main module. */
  readonly source: string;
  readonly exportName: string;
}

/** Reads the files of the app with the rights of this process, until `signal`. Throws DenicornError with the place and cause. */
export async function buildApp(
  system: System,
  { app, workingDirectory, runtimeDirectory, external, tasks, cache }: BuildRequest,
  signal?: AbortSignal,
): Promise<AppBuild> {
  try {
    const spec = parseAppSpec(app);
    const source = locateApp(system, spec, workingDirectory);
    const { exportName } = spec;
    const tasksModule = tasks === undefined ? undefined : locateTasks(system, tasks, workingDirectory);
    const bundle = await bundleApp(system, {
      ...{ entry: source, exportName, runtimeDirectory, external, cache, signal },
      tasks: tasksModule === source ? undefined : tasksModule,
    });
    return { ...bundle, source, exportName };
  } catch (error) {
    if (!(error instanceof Error) || error.name !== "PermissionDenied") throw error;
    // Such as a deno.json that only another user may read.
    throw new DenicornError(
      "app-not-found",
      `cannot load the app: ${app}: ${error.message}: let this user read it`,
      {
        cause: error,
      },
    );
  }
}

/** As the app is found. Throws `app-not-found`. */
function locateTasks(system: System, path: string, directory: string): string {
  try {
    return locateApp(system, { path: shownPath(directory, path), exportName: "default" }, directory);
  } catch (error) {
    if (!(error instanceof DenicornError)) throw error;
    const message = error.message.replace("find the app", "find the tasks").replace(
      "an app is",
      "their module is",
    );
    throw new DenicornError(error.code, message, { cause: error });
  }
}
