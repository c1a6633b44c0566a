import { checkTogether } from "./combinations/combinations.ts";
import type { CommandLine } from "./command_line.ts";
import { type LoadedConfigFile, readConfigFile } from "./config_file.ts";
import { type Environment, readEnvironment } from "./environment.ts";
import { completed, flagOf } from "./given_address.ts";
import { fromCommandLine, fromDefault, type Given, type Origin, type Resolved } from "./values.ts";
import type { Machine } from "./kinds/kind.ts";
import { notAccepted } from "./mistake.ts";
import { hidden } from "./setting.ts";
import { flagName, namedSettings, type SettingKey, type Settings } from "./settings.ts";

/** Everything settings can come from. */
interface Sources {
  readonly commandLine: Pick<CommandLine, "settings"> & Partial<Pick<CommandLine, "address">>;
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
  const { address = null } = commandLine;
  if (address !== null) {
    values.set("bind", [completed(address, values.get("bind") as Settings["bind"])]);
    origins.set("bind", fromCommandLine(flagOf(address)));
  }
  // Built from the table of settings, so every key has a value of its type.
  return {
    settings: Object.fromEntries(values) as Settings,
    origins: Object.fromEntries(origins) as Record<SettingKey, Origin>,
  };
}

function readCommandLine({ settings }: Pick<CommandLine, "settings">): Given[] {
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
  const { name, secret, shownIfRefused = (given: unknown) => secret ? hidden : given, accepts } = setting;
  throw notAccepted(name, shownIfRefused(reading.refused), origin, accepts, reading.objection);
}

/** A setting that was changed, and that only a restart applies. Values as people read them, secrets hidden. */
export interface NotAppliedSetting {
  readonly name: string;
  readonly inForce: string;
  readonly wanted: string;
}

/** `bind was changed, which takes a restart: …`, for one setting. */
export function notAppliedText({ name, inForce, wanted }: NotAppliedSetting): string {
  return `${name} was changed, which takes a restart: ${inForce} stays in force, not ${wanted}`;
}

interface ChangedSettings {
  /** The names of those that a reload applies. */
  readonly applied: readonly string[];
  readonly needRestart: readonly NotAppliedSetting[];
}

/** What a reload from `old` to `next` changes. Only values count, not their origins. */
export function changedSettings(old: Resolved, next: Resolved): ChangedSettings {
  const changed = namedSettings.filter(({ key, plain }) => {
    // JSON has no Infinity, and what is shown has no password.
    const [before, after] = [old, next].map(({ settings }) =>
      JSON.stringify([plain(settings[key]), settings[key]])
    );
    return before !== after;
  });
  return {
    applied: changed.filter(({ reload }) => reload).map(({ name }) => name),
    needRestart: changed.filter(({ reload }) => !reload).map(({ key, name, show }) => {
      const [inForce, wanted] = [show(old.settings[key]), show(next.settings[key])];
      return { name, inForce, wanted: wanted === inForce ? "one that differs in what is not shown" : wanted };
    }),
  };
}

/** `next`, with the values of `start` for the settings that only a restart can change. */
export function keepFixed(start: Settings, next: Settings): Settings {
  const fixed = namedSettings.filter(({ reload }) => !reload).map(({ key }) => [key, start[key]]);
  return { ...next, ...Object.fromEntries(fixed) };
}
