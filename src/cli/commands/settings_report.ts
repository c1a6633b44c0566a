/** Every setting with its value and where the value comes from: for people, and for machines. */

import type { Resolved } from "../../settings/resolve.ts";
import { flagName, namedSettings, notInConfigFile } from "../../settings/settings.ts";
import { bySection, variables } from "../layout.ts";

/** One setting on each line, as `workers = 4 (env WEB_CONCURRENCY)`. */
export function renderSettingsText({ settings, origins }: Resolved): string {
  return bySection((setting) => {
    const value = oneLine(setting.show(settings[setting.key]));
    return `${setting.name} = ${value} (${origins[setting.key]})`;
  }).map(({ title, rendered }) => [`# ${title}`, ...rendered].join("\n") + "\n").join("\n");
}

/** Values as a config file would hold them: durations in seconds, addresses as text, `null` for what is not set. */
export function renderSettingsJson({ settings, origins }: Resolved): string {
  const list = namedSettings.map((setting) => ({
    name: setting.name,
    value: setting.plain(settings[setting.key]),
    origin: origins[setting.key],
    default: setting.plain(setting.default),
    env: variables(setting),
    flag: setting.flag === false ? null : flagName(setting),
    short: setting.short === undefined ? null : `-${setting.short}`,
    config: setting.key === notInConfigFile ? null : setting.key,
    section: setting.section,
    repeatable: setting.repeatable,
    reload: setting.reload,
    accepts: setting.accepts,
    description: setting.description,
  }));
  return JSON.stringify(list, null, 2) + "\n";
}

/** A value of several lines stands quoted on one. */
function oneLine(text: string): string {
  return /\p{Cc}/u.test(text) ? JSON.stringify(text) : text;
}
