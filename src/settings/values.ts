/** Values of settings with their origins: as one source gives them, and resolved. */

import type { NamedSetting, SettingKey, Settings } from "./settings.ts";

/** What one source says about one setting. */
export interface Given {
  readonly setting: NamedSetting;
  /** Not checked yet: a text, a natural value of a config file, or a list of them. */
  readonly value: unknown;
  readonly origin: Origin;
}

/** All settings and where each value comes from. */
export interface Resolved {
  readonly settings: Settings;
  readonly origins: Readonly<Record<SettingKey, Origin>>;
}

/** Settings, and the directory that they were found for. */
export interface PlacedSettings extends Resolved {
  /** Where the app is looked for and runs: an absolute path without links. */
  readonly directory: string;
  /** The files they were read from, and those that would have been. */
  readonly files?: readonly string[];
}

/** Where a value comes from, as messages show it: `env WEB_CONCURRENCY`. */
export type Origin = string;

export const fromDefault: Origin = "default";

export function fromConfigFile(path: string): Origin {
  return `config file ${path}`;
}

export function fromEnvironment(name: string): Origin {
  return `env ${name}`;
}

/** `flag` with its dashes, or the name of an operand. */
export function fromCommandLine(flag: string): Origin {
  return `command line ${flag}`;
}
