import { loadConfigFile } from "../app/config/load_config.ts";
import { DenicornError } from "../core/errors.ts";
import { writingTo } from "../master/files/directory_failure.ts";
import { workerEnvironment } from "../protocol/messages.ts";
import type { CommandLine } from "../settings/command_line.ts";
import { requestedConfigFile, resolveSettings } from "../settings/resolve.ts";
import type { Resolved } from "../settings/values.ts";
import type { System } from "../system/system.ts";

const configFileNames = ["denicorn.config.ts", "denicorn.config.js", "denicorn.config.json"];

/** Variables that begin like settings, but are not settings. */
const reservedVariables: readonly string[] = Object.values(workerEnvironment);

/**
 * Returns a function that reads all settings as they are when it is called. Relative paths of config files refer to
 * the working directory at the time of this call, also after `chdir`. A config file is bundled in `runtimeDirectory`. The function throws
 * DenicornError.
 */
export function createSettingsReader(
  system: System,
  commandLine: CommandLine,
  runtimeDirectory: () => string,
): () => Promise<Resolved> {
  const { host } = system;
  const base = workingDirectory(system);
  const environment = host.environment();
  return async () => {
    const sources = { commandLine, environment, reservedVariables };
    const requested = requestedConfigFile(sources);
    const name = requested?.path ??
      configFileNames.find((name) => exists(system, `${base}/${name}`));
    if (name === undefined) return resolveSettings({ ...sources, cores: host.cores() });
    const path = name.startsWith("/") ? name : `${base}/${name}`;
    if (!exists(system, path)) {
      throw new DenicornError(
        "config-file",
        `config: ${name} (${requested?.origin}) does not exist: give the path of a .ts, .js or .json file`,
      );
    }
    // The file's own value of bundle-cache comes too late for the file itself.
    const cache = resolveSettings({ ...sources, cores: 1 }).settings.bundleCache === "auto";
    const directory = runtimeDirectory();
    const values = await writingTo(
      directory,
      () => loadConfigFile(system, path, { runtimeDirectory: directory, cache }),
    );
    const configFile = { path: name, values };
    return resolveSettings({ ...sources, configFile, cores: host.cores() });
  };
}

function exists({ files }: System, path: string): boolean {
  try {
    return files.stat(path) !== null;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new DenicornError(
      "config-file",
      `cannot look for the config file: ${path} (${reason}): let this user enter its directory, or start in another one`,
      { cause: error },
    );
  }
}

/** Changes to the directory that `chdir` names. Throws DenicornError `chdir`. */
export function enterDirectory({ host }: System, { settings, origins }: Resolved): void {
  if (settings.chdir === undefined) return;
  try {
    host.chdir(settings.chdir);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new DenicornError(
      "chdir",
      `chdir: ${settings.chdir} (${origins.chdir}) cannot be entered (${reason}): give a directory this user may enter`,
      { cause: error },
    );
  }
}

function workingDirectory({ host }: System): string {
  try {
    return host.cwd();
  } catch (error) {
    throw new DenicornError(
      "chdir",
      "cannot use the working directory: it no longer exists: change to one that does and start again",
      { cause: error },
    );
  }
}
