import { printable, printableJson } from "../../core/printable.ts";
import { ExitCode } from "../../core/errors.ts";
import { makeRuntimeDirectory } from "../../master/files/runtime_directory.ts";
import type { Resolved } from "../../settings/values.ts";
import type { RunnableCommand } from "../command.ts";
import { flagName, namedSettings, notInConfigFile } from "../../settings/settings.ts";
import { bySection, variables } from "../layout.ts";
import { createSettingsReader } from "../read_settings.ts";
import { renderSettingsReference } from "../reference/settings.ts";

const formats = {
  text: renderSettingsText,
  json: renderSettingsJson,
  markdown: renderSettingsReference,
} as const satisfies Record<string, (resolved: Resolved) => string>;

export const settings: RunnableCommand = {
  name: "settings",
  usage: "[OPTIONS] [APP]",
  summary: "Show every setting, its value and where the value comes from.",
  takesSettings: true,
  options: [{
    name: "format",
    placeholder: "FORMAT",
    choices: Object.keys(formats),
    description: "Output format; markdown is the reference page. [default: text]",
  }],
  async run(system, line) {
    using directory = makeRuntimeDirectory(system);
    const resolved = await createSettingsReader(system, line, () => directory.path)();
    // Parsing has refused everything else.
    const format = (line.options.get("format") ?? "text") as keyof typeof formats;
    system.host.write("stdout", formats[format](resolved));
    return ExitCode.normal;
  },
};

/** One setting per line: `workers = 4 (env WEB_CONCURRENCY)`. */
export function renderSettingsText({ settings, origins }: Resolved): string {
  return bySection((setting) => {
    const value = oneLine(setting.show(settings[setting.key]));
    return `${setting.name} = ${value} (${origins[setting.key]})`;
  }).map(({ title, rendered }) => [`# ${title}`, ...rendered].join("\n") + "\n").join("\n");
}

/** Values as in a config file: durations in seconds, addresses as text, `null` if not set. */
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
  return printableJson(JSON.stringify(list, null, 2)) + "\n";
}

/** Quotes a value of several lines. */
function oneLine(text: string): string {
  return printable(text) === text ? text : printableJson(JSON.stringify(text));
}
