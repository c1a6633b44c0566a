import { checkTogether } from "./combinations.ts";
import type { CommandLine } from "./command_line.ts";
import { type LoadedConfigFile, readConfigFile } from "./config_file.ts";
import { type Environment, readEnvironment } from "./environment.ts";
import { fromCommandLine, fromDefault, type Given, type Origin, type Resolved } from "./values.ts";
import type { Machine } from "./kinds/kind.ts";
import { notAccepted } from "./mistake.ts";
import { hidden } from "./setting.ts";
import { flagName, namedSettings, type SettingKey, type Settings } from "./settings.ts";

/** Everything settings can come from. */
interface Sources {
  readonly commandLine: Pick<CommandLine, "settings">;
  readonly environment: Environment;
  /** Names of variables that begin with `DENICORN_` and are not settings. */
  readonly reservedVariables?: readonly string[];
  readonly configFile?: LoadedConfigFile | undefined;
  /** Cores this process may use. */
  readonly cores: number;
}

/**
 * Default < config file < environment < command line. A mistake is an error even if a higher source overrides it:
 * otherwise it would appear on the day that source is removed. Throws DenicornError
 * `config-file`, `setting-unknown`, `setting-invalid`.
 */
export function resolveSettings(sources: Sources): Resolved {
  const resolved = resolveEach(sources);
  checkTogether(resolved);
  return resolved;
}

/**
 * The same without checking how the values go together: what is refused together may depend on a config file that has
 * not been read yet. Throws DenicornError `config-file`, `setting-unknown`, `setting-invalid`.
 */
export function resolveEach(sources: Sources): Resolved {
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
  // Built from the table of settings, so every key has a value of its type.
  return {
    settings: Object.fromEntries(values) as Settings,
    origins: Object.fromEntries(origins) as Record<SettingKey, Origin>,
  };
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

/** The names of settings that changed. */
interface ChangedSettings {
  /** By a reload. */
  readonly applied: readonly string[];
  readonly needRestart: readonly string[];
}

/** What a reload from `old` to `next` changes. Only values count, not their origins. */
export function changedSettings(old: Resolved, next: Resolved): ChangedSettings {
  const changed = namedSettings.filter(({ key, plain, secret }) => {
    const [before, after] = [old.settings[key], next.settings[key]];
    return secret ? before !== after : JSON.stringify(plain(before)) !== JSON.stringify(plain(after));
  });
  return {
    applied: changed.filter(({ reload }) => reload).map(({ name }) => name),
    needRestart: changed.filter(({ reload }) => !reload).map(({ name }) => name),
  };
}

/** `next`, with the values of `start` for the settings that only a restart can change. */
export function keepFixed(start: Settings, next: Settings): Settings {
  const fixed = namedSettings.filter(({ reload }) => !reload).map(({ key }) => [key, start[key]]);
  return { ...next, ...Object.fromEntries(fixed) };
}
