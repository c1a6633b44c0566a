/** Reads `denicorn.config.{ts,js,json}`: bundled like an app, so that it may import what an app may. */

import type { Plugin } from "esbuild";
import { DenicornError } from "../../core/errors.ts";
import type { Files, System } from "../../system/system.ts";
import { appFrames } from "../app_stack.ts";
import { bundleModule, cacheWhenQuiet } from "./bundle.ts";
import { asRecord } from "../jsonc.ts";
import { fileUrl } from "../paths.ts";
import { Projects } from "../resolve/project.ts";

const action = "cannot load the config file";

export interface ConfigFileOptions {
  readonly runtimeDirectory: string;
  /** Whether a bundle of an earlier start may be used. */
  readonly cache?: boolean;
}

/**
 * The settings that the file at the absolute path exports, or a promise of them, read anew on every call. Throws
 * DenicornError `config-file`.
 */
export async function loadConfigFile(
  system: System,
  path: string,
  options: ConfigFileOptions,
): Promise<Readonly<Record<string, unknown>>> {
  const settings = await importDefault(system, path, options);
  const record = asRecord(settings);
  if (record !== undefined) return record;
  throw configError(path, `found ${kindOf(settings)}: write \`export default defineConfig({ … })\``);
}

function kindOf(value: unknown): string {
  if (value === undefined) return "no default export";
  return Array.isArray(value) ? "an array" : typeof value;
}

async function importDefault(
  system: System,
  path: string,
  { runtimeDirectory, cache = false }: ConfigFileOptions,
): Promise<unknown> {
  if (!system.files.stat(path)?.isFile) throw configError(path, "no such file");
  // A module is loaded once per URL: each reading needs a name of its own.
  const directory = system.files.makePrivateDirectory(runtimeDirectory, "config-");
  const outfile = `${directory}/config.mjs`;
  try {
    const { keep } = await bundleModule(system, { entry: path, outfile, runtimeDirectory, cache }, {
      action,
      plugins: (files) => [ownModule(files, path)],
    });
    cacheWhenQuiet(system, keep);
    return await importWithin(system, fileUrl(outfile), path);
  } catch (error) {
    if (error instanceof DenicornError && error.code === "internal") throw error;
    if (error instanceof DenicornError) {
      throw new DenicornError("config-file", error.message, { detail: error.detail, cause: error });
    }
    const frame = appFrames(error, outfile)[0];
    const place = frame === undefined ? path : `${frame.path}:${frame.line}:${frame.column}`;
    throw configError(place, `it throws: ${error instanceof Error ? error.message : String(error)}`, error);
  } finally {
    system.files.remove(directory);
  }
}

const longestImport = 10_000;

/**
 * The default export. The module runs in the master, which must outlive whatever it does: an error in its
 * background counts as its own, and one that never comes to an end is given up.
 */
function importWithin({ clock, processes }: System, url: string, path: string): Promise<unknown> {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  const forget = processes.onUncaught(reject);
  const cancel = clock.after(longestImport, () => {
    reject(
      configError(path, `not loaded after ${longestImport / 1000} s: look for an await that never ends`),
    );
  });
  import(url).then(
    // A rejection nobody handles is told only when the event loop turns.
    (module: Readonly<Record<string, unknown>>) => clock.after(0, () => resolve(module["default"])),
    reject,
  );
  return promise.finally(() => {
    forget();
    cancel();
  });
}

/** `import { defineConfig } from "denicorn"` needs no installed package: the function only carries types. */
function ownModule(files: Files, path: string): Plugin {
  const projects = new Projects(files, path);
  return {
    name: "denicorn-config",
    setup(build) {
      build.onResolve(
        { filter: /^denicorn$/ },
        ({ path, importer }) =>
          projects.resolve(path, importer) === undefined ? { path, namespace: "denicorn" } : null,
      );
      build.onLoad({ filter: /./, namespace: "denicorn" }, () => ({
        contents: "export const defineConfig = (settings) => settings;",
      }));
    },
  };
}

function configError(place: string, reason: string, cause?: unknown): DenicornError {
  return new DenicornError("config-file", `${action}: ${place}: ${reason}`, { cause });
}
