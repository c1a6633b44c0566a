/**
 * Every setting, declared once in the table of its section. The command line, environment, config file, help,
 * reference page, completions and the types below are made from these tables.
 */

import { adminSettings } from "./sections/admin.ts";
import { appSettings } from "./sections/app.ts";
import { httpSettings } from "./sections/http.ts";
import { listeningSettings } from "./sections/listening.ts";
import { logSettings } from "./sections/logs.ts";
import { processSettings } from "./sections/process.ts";
import { scalingSettings } from "./sections/scaling.ts";
import { taskSettings } from "./sections/tasks.ts";
import { workerSettings } from "./sections/workers.ts";
import type { Setting } from "./setting.ts";

const sections = {
  "App": appSettings,
  "Listening": listeningSettings,
  "HTTP": httpSettings,
  "Workers": workerSettings,
  "Scaling": scalingSettings,
  "Tasks": taskSettings,
  "Logs": logSettings,
  "Process": processSettings,
  "Administration": adminSettings,
} satisfies Record<string, Readonly<Record<string, Setting<unknown, unknown>>>>;

type Table =
  & typeof appSettings
  & typeof listeningSettings
  & typeof httpSettings
  & typeof workerSettings
  & typeof scalingSettings
  & typeof taskSettings
  & typeof logSettings
  & typeof processSettings
  & typeof adminSettings;

/** The settings that only concern what a worker does for its requests. */
export const httpSettingKeys = Object.keys(httpSettings) as readonly (keyof typeof httpSettings)[];

/** The name of a setting in code and in config files: `gracefulTimeout`. */
export type SettingKey = keyof Table;

/** All settings, resolved. Durations are in milliseconds. */
export type Settings = {
  readonly [Key in SettingKey]: Table[Key] extends Setting<infer Value, unknown> ? Value : never;
};

/** A config file cannot name the config file. */
export const notInConfigFile = "config";

/** What `denicorn.config.ts` may export. */
export type ConfigFile = {
  readonly [Key in Exclude<SettingKey, typeof notInConfigFile>]?:
    | (Table[Key] extends Setting<infer _, infer Config> ? Config : never)
    | undefined;
};

/** A setting together with all its names. */
export interface NamedSetting extends Setting<unknown, unknown> {
  readonly key: SettingKey;
  /** As in messages and flags: `graceful-timeout`. */
  readonly name: string;
  readonly section: string;
  /** `DENICORN_GRACEFUL_TIMEOUT`. */
  readonly variable: string;
}

export const variablePrefix = "DENICORN_";

/** All settings, section by section. */
export const namedSettings: readonly NamedSetting[] = Object.entries(sections).flatMap(([section, table]) =>
  Object.entries(table).map(([key, setting]) => {
    const name = key.replace(/[A-Z]/g, (capital) => `-${capital.toLowerCase()}`);
    const variable = variablePrefix + name.replaceAll("-", "_").toUpperCase();
    return { ...setting, key: key as SettingKey, name, section, variable };
  })
);

/** The settings as a config file would give them, without those that are not set; secrets are hidden. */
export function asConfigFile(settings: Settings): ConfigFile {
  return Object.fromEntries(
    namedSettings.map(({ key, plain }) => [key, plain(settings[key])] as const)
      .filter(([key, value]) => key !== notInConfigFile && value !== null),
  );
}

/** The titles of the sections, in the order they are shown. */
export const sectionTitles: readonly string[] = Object.keys(sections);

/** How the command line names a setting in messages. */
export function flagName({ name, flag }: NamedSetting): string {
  return flag === false ? name.toUpperCase() : `--${name}`;
}
