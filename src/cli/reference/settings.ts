/** The reference page of the settings, `docs/settings.md`, made from the table they are declared in. */

import { flagName, type NamedSetting, notInConfigFile } from "../../settings/settings.ts";
import { bySection, listItem, paragraph, variables } from "../layout.ts";

/** A paragraph and a list of facts for each setting; from defaults only, so that it is the same on every host. */
export function renderSettingsReference(): string {
  const sections = bySection(renderReferenceEntry)
    .map(({ title, rendered }) => [`## ${title}`, ...rendered].join("\n\n"));
  return ["# Settings", ...introduction.map(paragraph), ...sections].join("\n\n") + "\n";
}

const introduction = [
  "Every setting can come from four sources, from low to high precedence: its default, the config file, the " +
  "environment, the command line. A higher source replaces the whole value of a lower one, even if the setting " +
  "is repeatable. An invalid value is an error even if a source of higher precedence overrides it.",
  "The config file is `denicorn.config.ts`, `.js` or `.json` in the working directory, or the one named by " +
  "`--config`. Its default export is an object of settings with keys like `gracefulTimeout`; `defineConfig` checks " +
  "their types. A `.ts` or `.js` file is bundled like an app and evaluated in a process of its own at every start and " +
  "reload; its values must be plain data: text, numbers, booleans, lists and objects, or a promise of them.",
  "A master that runs as root refuses a config file that the workers' user could have written: see " +
  "[security](security.md#the-config-file-of-root).",
  "In the environment an empty variable counts as unset, and the values of a repeatable setting are separated by " +
  "commas. On the command line a repeatable flag is given once for each value; if any other flag is repeated, the " +
  "last one wins.",
  "Durations are in seconds, or have a unit: `500ms`, `30s`, `1.5s`, `2m`, `1h`.",
  "`denicorn settings` shows the value of each setting and where it comes from. This page is made from the same " +
  "table: `make docs`.",
];

function renderReferenceEntry(setting: NamedSetting): string {
  const inConfigFile = setting.key !== notInConfigFile;
  const facts = [
    setting.flag === false
      ? `Command line: the operand \`${setting.placeholder}\``
      : `Command line: \`${flagName(setting)}${setting.isSwitch ? "" : ` ${setting.placeholder}`}\`` +
        (setting.short === undefined ? "" : `, short \`-${setting.short}\``) +
        (setting.canBeOff ? `, or \`--no-${setting.name}\`` : "") +
        (setting.repeatable ? ", repeatable" : ""),
    `Environment: ${variables(setting).map((name) => `\`${name}\``).join(", or ")}`,
    `Config file: ${inConfigFile ? `\`${setting.key}\`` : "no"}`,
    `Accepts: ${setting.accepts}`,
    `Default: ${renderDefault(setting)}`,
    `Applied by a reload: ${setting.reload ? "yes" : "no, restart the server"}`,
  ];
  return [
    `### ${setting.name}`,
    paragraph(setting.description),
    facts.map(listItem).join("\n"),
  ].join("\n\n");
}

/** Text that only explains what unset means is not a value to type. */
function renderDefault(setting: NamedSetting): string {
  const shown = setting.show(setting.default);
  const plain = setting.plain(setting.default);
  return plain === null || (Array.isArray(plain) && plain.length === 0) ? shown : `\`${shown}\``;
}
