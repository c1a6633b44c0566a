/** The reference page of the settings, `docs/settings.md`, made from the table they are declared in. */

import { flagName, type NamedSetting, notInConfigFile } from "../../settings/settings.ts";
import { bySection, variables, wrap } from "../layout.ts";

/** A paragraph and a list of facts for each setting; from defaults only, so that it is the same everywhere. */
export function renderSettingsReference(): string {
  const sections = bySection(renderReferenceEntry)
    .map(({ title, rendered }) => [`## ${title}`, ...rendered].join("\n\n"));
  return ["# Settings", ...introduction.map(paragraph), ...sections].join("\n\n") + "\n";
}

const introduction = [
  "Every setting can be given in four places. From low to high precedence: its default, the config file, the " +
  "environment, the command line. A higher source replaces the whole value of a lower one, also where a setting " +
  "is repeatable. A mistake in any source is an error, also where a higher one overrules it.",
  "The config file is `denicorn.config.ts`, `.js` or `.json` in the working directory, or the one named by " +
  "`--config`. It exports an object of settings as default; `defineConfig` gives it types. Its keys are written " +
  "like `gracefulTimeout`.",
  "In the environment an empty variable counts as unset, and the values of a repeatable setting are separated by " +
  "commas. On the command line a repeatable flag is given once for each value; where another flag stands twice, " +
  "the last one counts.",
  "Durations are in seconds, or have a unit: `500ms`, `30s`, `1.5s`, `2m`, `1h`.",
  "`denicorn settings` shows the value of each setting and where it comes from. This page is made from the same " +
  "table: `deno task docs`.",
];

/** The width at which `deno fmt` breaks prose, so that it leaves the page as it is. */
const proseWidth = 110;

function renderReferenceEntry(setting: NamedSetting): string {
  const inConfigFile = setting.key !== notInConfigFile;
  const facts = [
    setting.flag === false
      ? `Command line: the operand \`${setting.placeholder}\``
      : `Command line: \`${flagName(setting)} ${setting.placeholder}\`` +
        (setting.short === undefined ? "" : `, short \`-${setting.short}\``) +
        (setting.canBeOff ? `, or \`--no-${setting.name}\`` : "") +
        (setting.repeatable ? ", repeatable" : ""),
    `Environment: ${variables(setting).map((name) => `\`${name}\``).join(", or ")}`,
    `Config file: ${inConfigFile ? `\`${setting.key}\`` : "no"}`,
    `Accepts: ${setting.accepts}`,
    `Default: ${renderDefault(setting)}`,
    `Applied by a reload: ${setting.reload ? "yes" : "no, it takes a restart"}`,
  ];
  return [
    `### ${setting.name}`,
    paragraph(setting.description),
    facts.map((fact) => wrap(`- ${fact}`, proseWidth).join("\n  ")).join("\n"),
  ].join("\n\n");
}

/** Words that only say what unset means are no values to type. */
function renderDefault(setting: NamedSetting): string {
  const shown = setting.show(setting.default);
  const plain = setting.plain(setting.default);
  return plain === null || (Array.isArray(plain) && plain.length === 0) ? shown : `\`${shown}\``;
}

function paragraph(text: string): string {
  return wrap(text, proseWidth).join("\n");
}
