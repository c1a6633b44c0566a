import { checkTogether } from "./checks.ts";
import type { CommandLine } from "./command_line.ts";
import { type LoadedConfigFile, readConfigFile } from "./config_file.ts";
import { type Environment, readEnvironment } from "./environment.ts";
import type { Given } from "./given.ts";
import type { Machine } from "./kind.ts";
import { notAccepted } from "./mistake.ts";
import { fromCommandLine, fromDefault, type Origin } from "./origin.ts";
import { hidden } from "./setting.ts";
import { flagName, namedSettings, type SettingKey, type Settings } from "./settings.ts";

/** Everything settings can come from. */
export interface Sources {
  readonly commandLine: Pick<CommandLine, "settings">;
  readonly environment: Environment;
  /** Names of variables that begin with `DENICORN_` and are no settings. */
  readonly reservedVariables?: readonly string[];
  readonly configFile?: LoadedConfigFile | undefined;
  /** Cores this process may use. */
  readonly cores: number;
}

/** All settings and where each value comes from. */
export interface Resolved {
  readonly settings: Settings;
  readonly origins: Readonly<Record<SettingKey, Origin>>;
}

/**
 * Default < config file < environment < command line. A mistake is reported even where a higher source
 * overrules it: it would else come to light on the day that source falls silent. Throws DenicornError
 * `config-file`, `setting-unknown`, `setting-invalid`.
 */
export function resolveSettings(sources: Sources): Resolved {
  const resolved = resolveEach(sources);
  checkTogether(resolved);
  return resolved;
}

function resolveEach(sources: Sources): Resolved {
  const { commandLine, environment, reservedVariables = [], configFile, cores } = sources;
  const values = new Map(namedSettings.map((setting) => [setting.key, setting.default]));
  const origins = new Map(namedSettings.map((setting) => [setting.key, fromDefault]));
  const lowToHigh = [
    ...(configFile === undefined ? [] : readConfigFile(configFile)),
    ...readEnvironment(environment, reservedVariables),
    ...readCommandLine(commandLine),
  ];
  for (const given of lowToHigh) {
    values.set(given.setting.key, read(given, { cores }));
    origins.set(given.setting.key, given.origin);
  }
  // Built from the table itself, so every key is there with the type its own setting reads.
  return {
    settings: Object.fromEntries(values) as Settings,
    origins: Object.fromEntries(origins) as Record<SettingKey, Origin>,
  };
}

/**
 * The config file that was asked for by name, to be loaded before the rest can be resolved; `undefined` when
 * none was. A value the other sources give wrong stays wrong whatever the file says, so each is checked here; whether
 * they go together may be for the file to say.
 * Throws DenicornError `setting-unknown`, `setting-invalid`.
 */
export function requestedConfigFile(
  sources: Pick<Sources, "commandLine" | "environment" | "reservedVariables">,
): { readonly path: string; readonly origin: Origin } | undefined {
  const { settings, origins } = resolveEach({ ...sources, cores: 1 });
  return settings.config === undefined ? undefined : { path: settings.config, origin: origins.config };
}

function readCommandLine({ settings }: Sources["commandLine"]): Given[] {
  return namedSettings.flatMap((setting) => {
    const texts = settings.get(setting.key);
    if (texts === undefined) return [];
    return [{
      setting,
      value: setting.repeatable ? texts : texts.at(-1),
      origin: fromCommandLine(flagName(setting)),
    }];
  });
}

function read({ setting, value, origin }: Given, machine: Machine): unknown {
  const reading = setting.read(value, machine);
  if ("value" in reading) return reading.value;
  throw notAccepted(setting.name, setting.secret ? hidden : reading.refused, origin, setting.accepts);
}
