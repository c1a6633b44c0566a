import { fromEnvironment, type Given } from "./values.ts";
import { notAccepted, unknownName } from "./mistake.ts";
import { nearest } from "./nearest.ts";
import { isServiceLink } from "./service_links.ts";
import { type NamedSetting, namedSettings, variablePrefix } from "./settings.ts";

export type Environment = Readonly<Record<string, string>>;

/**
 * The settings in `environment`. An empty variable counts as unset. `reserved` names begin like settings, but are
 * none. Throws DenicornError `setting-unknown`, `setting-invalid`.
 */
export function readEnvironment(environment: Environment, reserved: readonly string[]): Given[] {
  refuseUnknown(environment, reserved);
  return namedSettings.flatMap((setting) => {
    // Our own variable comes last and overrides an alias, which is still checked.
    const { alias, variable } = setting;
    return [
      ...(alias === undefined ? [] : given(setting, environment, alias.name)),
      ...given(setting, environment, variable),
    ];
  });
}

/** The variables in `environment` that begin like settings and belong to a service, by name. */
export function ignoredVariables(environment: Environment): string[] {
  const settings = new Set(namedSettings.map(({ variable }) => variable));
  return Object.keys(environment).filter((name) =>
    name.startsWith(variablePrefix) && !settings.has(name) && isServiceLink(name, environment[name] ?? "")
  ).sort();
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
  const unknown = ours.find((name) => {
    const value = environment[name] ?? "";
    return value !== "" && !known.has(name) && !isServiceLink(name, value);
  });
  if (unknown === undefined) return;
  // Without the common prefix, which would make any two names similar.
  const short = (variable: string) => variable.slice(variablePrefix.length);
  const guess = nearest(short(unknown), variables.map(short));
  throw unknownName(
    unknown,
    "environment",
    guess && variablePrefix + guess,
    "run denicorn settings for all names",
  );
}
