import { DenicornError } from "../core/errors.ts";
import { type HookName, hookNames, isHookName } from "../core/hook_table.ts";
import { fromConfigFile, type Given } from "./values.ts";
import { notAccepted, quote, unknownName } from "./mistake.ts";
import { NotJson } from "./not_json.ts";
import { nearest } from "./nearest.ts";
import { type NamedSetting, namedSettings, notInConfigFile } from "./settings.ts";

/** The content of a config file. */
export interface LoadedConfigFile {
  /** As shown in messages. */
  readonly path: string;
  /** The default export, or the content of a JSON file. */
  readonly values: unknown;
}

const settingsByKey = new Map<string, NamedSetting>(namedSettings.map((setting) => [setting.key, setting]));

/**
 * The settings in a config file, without its hooks; a key whose value is `undefined` counts as unset. Throws DenicornError
 * `config-file`, `setting-unknown`, `setting-invalid`.
 */
export function readConfigFile({ path, values }: LoadedConfigFile): Given[] {
  if (typeof values !== "object" || values === null || Array.isArray(values)) {
    throw new DenicornError(
      "config-file",
      `config file ${path}: ${quote(values)} is not accepted: export an object of settings as default`,
    );
  }
  const origin = fromConfigFile(path);
  return Object.entries(values).flatMap(([key, value]) => {
    const setting = settingsByKey.get(key);
    if (setting === undefined) {
      // What editors look for in JSON: see `denicorn types --schema`.
      if (isHookName(key) || key === "$schema") return [];
      const guess = nearest(key, [...settingsByKey.keys(), ...hookNames]);
      throw unknownName(key, origin, guess, "run denicorn settings for all names");
    }
    if (key === notInConfigFile) {
      throw notAccepted(key, value, origin, "it on the command line or in the environment");
    }
    if (value instanceof NotJson) throw notAccepted(setting.name, value, origin, setting.accepts);
    return value === undefined ? [] : [{ setting, value, origin }];
  });
}

/** What a config file has where a function is expected, as its report describes it. */
const aFunction = "a function";

/** The hooks in a config file. Throws DenicornError `setting-invalid` for one that is no function. */
export function hooksIn({ path, values }: LoadedConfigFile): HookName[] {
  return Object.entries(values as Readonly<Record<string, unknown>>).flatMap(([key, value]) => {
    if (!isHookName(key) || value === undefined) return [];
    if (value instanceof NotJson && value.description === aFunction) return [key];
    throw notAccepted(key, value, fromConfigFile(path), "a function: it is a hook");
  });
}
