import type { Given } from "./given.ts";
import { notAccepted, unknownName } from "./mistake.ts";
import { nearest } from "./nearest.ts";
import { fromEnvironment } from "./origin.ts";
import { type NamedSetting, namedSettings, variablePrefix } from "./settings.ts";

export type Environment = Readonly<Record<string, string>>;

/**
 * The settings in `environment`. An empty variable counts as unset. `reserved` are names that begin like ours
 * and are no settings. Throws DenicornError `setting-unknown`, `setting-invalid`.
 */
export function readEnvironment(environment: Environment, reserved: readonly string[]): Given[] {
  refuseUnknown(environment, reserved);
  return namedSettings.flatMap((setting) => {
    // An alias comes first and is overruled; still it is read, since a mistake in it is a mistake.
    const { alias, variable } = setting;
    return [
      ...(alias === undefined ? [] : given(setting, environment, alias.name)),
      ...given(setting, environment, variable),
    ];
  });
}

function given(setting: NamedSetting, environment: Environment, variable: string): Given[] {
  const text = environment[variable];
  if (text === undefined || text === "") return [];
  const origin = fromEnvironment(variable);
  if (variable !== setting.alias?.name) {
    return [{ setting, value: setting.repeatable ? commaSeparated(text) : text, origin }];
  }
  const { spell, accepts } = setting.alias;
  const value = spell === undefined ? text : spell(text);
  if (value === undefined) throw notAccepted(setting.name, text, origin, accepts ?? setting.accepts);
  return [{ setting, value, origin }];
}

function commaSeparated(text: string): string[] {
  return text.split(",").map((item) => item.trim());
}

function refuseUnknown(environment: Environment, reserved: readonly string[]): void {
  const variables = namedSettings.map(({ variable }) => variable);
  const known = new Set([...variables, ...reserved]);
  const ours = Object.keys(environment).filter((name) => name.startsWith(variablePrefix)).sort();
  const unknown = ours.find((name) => environment[name] !== "" && !known.has(name));
  if (unknown === undefined) return;
  // Without the prefix that all share: it would make any two names look alike.
  const short = (variable: string) => variable.slice(variablePrefix.length);
  const guess = nearest(short(unknown), variables.map(short));
  throw unknownName(
    unknown,
    "environment",
    guess && variablePrefix + guess,
    "run denicorn settings for all names",
  );
}
