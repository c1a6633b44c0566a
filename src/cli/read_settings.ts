import { DenicornError } from "../core/errors.ts";
import { reasonOf } from "../core/reason.ts";
import { writingTo } from "../master/files/directory_failure.ts";
import { appProcessVariable, workerEnvironment } from "../protocol/messages.ts";
import type { CommandLine } from "../settings/command_line.ts";
import { hooksIn } from "../settings/config_file.ts";
import type { DeclaredHooks } from "../settings/config_hooks.ts";
import { resolveEach, resolveSettings } from "../settings/resolve.ts";
import type { Resolved } from "../settings/values.ts";
import { lazyModule } from "../system/lazy_module.ts";
import type { System } from "../system/system.ts";
import { givenDirectory } from "../system/host/working_directory.ts";
import { ConfigGuard } from "./config_guard.ts";
import { withEnvFiles } from "./env_files.ts";
import { inPlace, type Place, placeOf, startPlace } from "./place.ts";

/** A start without a config file does without the bundler until its first worker has been started. */
const configLoader = lazyModule(() => import("../app/config/load_config.ts"));

const configFileNames = ["denicorn.config.ts", "denicorn.config.js", "denicorn.config.json"];

/** Variables that begin like settings, but are not settings. */
const reservedVariables: readonly string[] = [...Object.values(workerEnvironment), appProcessVariable];

/** Settings as they were read at one moment. */
export interface ReadSettings extends Resolved {
  /** The directory of the app. */
  readonly place: Place;
  /** The files they were read from, and those that would have been: absolute paths. */
  readonly files: readonly string[];
  /** `null` if the config file has none, or there is no config file. */
  readonly hooks: DeclaredHooks | null;
}

/**
 * Returns a function that reads all settings as they are when it is called. The path of the working directory, as it was
 * given, is followed again each time: a link in it may lead to another release by then. A config file is looked for in
 * `chdir`, if the command line or the environment names one, and in the working directory; it is bundled in
 * `runtimeDirectory`; its process ends at the signal. Both functions throw DenicornError.
 */
export function createSettingsReader(
  system: System,
  commandLine: CommandLine,
  runtimeDirectory: () => string,
): (signal?: AbortSignal) => Promise<ReadSettings> {
  const { host } = system;
  const given = givenDirectory(system);
  const sources = { commandLine, environment: host.environment(), reservedVariables };
  const guard = new ConfigGuard(system);
  return async (signal) => {
    const start = startPlace(system, given);
    const { settings, origins } = resolveEach({ ...sources, cores: 1 });
    const { config, chdir, bundleCache } = settings;
    const chosen = chdir === undefined ? start : placeOf(system, start, chdir);
    const placed = async (
      resolved: Omit<ReadSettings, "place" | "files">,
      place: Place,
      configFiles: readonly string[],
    ) => {
      const files = [...configFiles, ...pathsIn([place], resolved.settings.envFile)];
      return { place, files, ...await withEnvFiles(system, resolved, place) };
    };
    const file = findConfigFile(system, [chosen, start], config, origins.config);
    if (file === undefined) {
      const resolved = { ...resolveSettings({ ...sources, cores: host.cores() }), hooks: null };
      return placed(resolved, chosen, pathsIn([chosen, start], configFileNames));
    }
    const { path, workingDirectory } = file;
    // The file's own value of bundle-cache comes too late for the file itself.
    const cache = bundleCache === "auto";
    const directory = runtimeDirectory();
    const read = async () => {
      const refuse = guard.before(path, settings);
      const { loadConfigFile } = await configLoader();
      const { values, text, sources: configFiles } = await writingTo(
        directory,
        () =>
          loadConfigFile(system, path, {
            runtimeDirectory: directory,
            cache,
            workingDirectory,
            signal,
            refuse,
          }),
      );
      const configFile = { path: file.name, values };
      const resolved = resolveSettings({ ...sources, configFile, cores: host.cores() });
      const names = hooksIn(configFile);
      return {
        ...resolved,
        configFiles,
        hooks: names.length === 0 || text === null ? null : { names, source: path, text },
      };
    };
    let resolved = await read();
    if (!guard.hasCheckedFor(resolved.settings)) resolved = await read();
    const place = chdir === undefined ? placeOf(system, start, resolved.settings.chdir) : chosen;
    const { configFiles, ...settled } = resolved;
    return placed(settled, place, configFiles);
  };
}

function pathsIn(places: readonly Place[], names: readonly string[]): string[] {
  return places.flatMap(({ given, real }) =>
    real instanceof Error ? [] : names.map((name) => inPlace(given, real, name))
  );
}

interface ConfigFile {
  /** As given, or as found. */
  readonly name: string;
  readonly path: string;
  /** Where it is evaluated. */
  readonly workingDirectory: string;
}

/** In the first of `places` that has it; `undefined` if none is named and none is there. */
function findConfigFile(
  system: System,
  places: readonly [Place, ...Place[]],
  requested: string | undefined,
  origin: string,
): ConfigFile | undefined {
  for (const { given, real } of places) {
    if (real instanceof Error) continue;
    for (const name of requested === undefined ? configFileNames : [requested]) {
      const path = inPlace(given, real, name);
      if (exists(system, path)) return { name, path, workingDirectory: real };
    }
  }
  if (requested === undefined) return undefined;
  const [{ given, real }] = places;
  const why = real instanceof Error
    ? `cannot be looked for in ${given} (${reasonOf(real)})`
    : "does not exist";
  throw new DenicornError(
    "config-file",
    `config: ${requested} (${origin}) ${why}: give the path of a .ts, .js or .json file`,
  );
}

function exists({ files }: System, path: string): boolean {
  try {
    return files.stat(path) !== null;
  } catch (error) {
    const reason = reasonOf(error);
    throw new DenicornError(
      "config-file",
      `cannot look for the config file: ${path} (${reason}): let this user enter its directory, or start in another one`,
      { cause: error },
    );
  }
}
