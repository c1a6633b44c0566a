import { ExitCode } from "../../core/errors.ts";
import { makeRuntimeDirectory } from "../../master/files/runtime_directory.ts";
import type { Resolved } from "../../settings/resolve.ts";
import type { RunnableCommand } from "../command.ts";
import { createSettingsReader } from "../read_settings.ts";
import { renderSettingsReference } from "../reference/settings.ts";
import { renderSettingsJson, renderSettingsText } from "./settings_report.ts";

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
    description: "How to show them; markdown is the reference page. [default: text]",
  }],
  async run(system, line) {
    using directory = await makeRuntimeDirectory(system);
    const resolved = await createSettingsReader(system, line, directory.path)();
    // The command line has let through no other words than the choices.
    const format = (line.options.get("format") ?? "text") as keyof typeof formats;
    system.host.write("stdout", formats[format](resolved));
    return ExitCode.normal;
  },
};
