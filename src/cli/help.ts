/** `--help`, made from the tables of commands, settings and exit codes. */

import { exitCodeMeanings } from "../core/errors.ts";
import { type CommandOption, generalOptions } from "../settings/command_line.ts";
import { type NamedSetting, namedSettings, type SettingKey } from "../settings/settings.ts";
import type { Command, Word } from "./command.ts";
import { bySection, wrap, wrapAroundCode } from "./layout.ts";

interface HelpOptions {
  readonly version: string;
  readonly commands: readonly Command[];
  /** Columns of the terminal. */
  readonly width?: number;
  /** With every setting, not only those that most servers need. */
  readonly isWhole?: boolean;
}

/** The settings in the short help, about one screen. */
const common: ReadonlySet<SettingKey> = new Set<SettingKey>([
  ...["app", "config", "env", "envFile", "watch", "bind", "certfile", "keyfile"] as const,
  ...["workers", "workerClass", "timeout", "gracefulTimeout", "maxRequests"] as const,
  ...[
    "minWorkers",
    "maxWorkers",
    "logLevel",
    "errorLogfile",
    "accessLogfile",
    "pid",
    "user",
    "adminBind",
  ] as const,
]);

/** A space at which no line is broken; printed as a normal one. */
const unbroken = "\u00a0";

/** One entry: what to write, and what it does. */
type Entry = readonly [term: string, text: string];

interface Block {
  readonly title: string;
  readonly entries: readonly Entry[];
}

/** The help of `denicorn` itself, with settings, since `serve` is the default command. */
export function renderHelp({ version, commands, width = 80, isWhole = false }: HelpOptions): string {
  const usage = ["denicorn [serve] [OPTIONS] APP [-- ARGS]", "denicorn COMMAND [OPTIONS]"];
  const blocks: Block[] = [
    {
      title: "Commands",
      entries: commands.map(({ name, usage, summary }) => [`${name} ${usage}`.trim(), summary]),
    },
    ...settingBlocks(isWhole),
    { title: "General", entries: generalOptions.map(optionEntry) },
  ];
  const exitCodes = Object.entries(exitCodeMeanings);
  return [
    `denicorn ${version}: pre-fork HTTP application server for Deno`,
    usage.map((line, index) => (index === 0 ? "Usage: " : "       ") + line).join("\n"),
    ...renderBlocks(blocks, width),
    ...hints("help", isWhole).map((hint) => wrapAroundCode(hint, width).join("\n")),
    ...renderBlocks([{ title: "Exit codes", entries: exitCodes }], width),
  ].join("\n\n") + "\n";
}

/** The help of one command. */
export function renderCommandHelp(
  command: Command,
  { width = 80, isWhole = false }: Pick<HelpOptions, "width" | "isWhole">,
): string {
  const blocks: Block[] = [
    { title: "Operands", entries: (command.words ?? []).map(wordEntry) },
    { title: "Options", entries: command.options.map(optionEntry) },
    ...(command.takesSettings ? settingBlocks(isWhole) : []),
    { title: "General", entries: generalOptions.map(optionEntry) },
  ];
  return [
    `Usage: denicorn ${command.name} ${command.usage}`.trim(),
    wrap(command.summary, width).join("\n"),
    ...renderBlocks(blocks, width),
    ...(command.takesSettings ? hints(`help ${command.name}`, isWhole) : []).map((hint) =>
      wrapAroundCode(hint, width).join("\n")
    ),
  ].join("\n\n") + "\n";
}

function settingBlocks(isWhole: boolean): Block[] {
  const blocks = bySection((setting) =>
    isWhole ? [settingEntry(setting)] : common.has(setting.key) ? [shortEntry(setting)] : []
  );
  return blocks.map(({ title, rendered }) => ({ title, entries: rendered.flat() }));
}

function settingEntry(setting: NamedSetting): Entry {
  const { name, short, flag, placeholder, description, repeatable } = setting;
  const shown = setting.show(setting.default);
  const value = setting.isSwitch ? undefined : placeholder;
  const term = flag === false ? `    ${placeholder}` : flagTerm(name, short, value);
  const facts = [
    ...(repeatable ? ["repeatable"] : []),
    ...(setting.canBeOff ? [`off:${unbroken}--no-${name}`] : []),
    ...(shown === "none" ? [] : [`default:${unbroken}${shown}`]),
  ];
  return [term, facts.length === 0 ? description : `${description} [${facts.join("; ")}]`];
}

/** With the first sentence of its description. */
function shortEntry(setting: NamedSetting): Entry {
  return settingEntry({
    ...setting,
    description: /^.*?\.(?= [A-Z]|$)/s.exec(setting.description)?.[0] ?? "",
  });
}

function optionEntry({ name, short, placeholder, choices, description }: CommandOption): Entry {
  return [flagTerm(name, short, choices?.join("|") ?? placeholder), description];
}

function wordEntry({ name, placeholder, summary }: Word): Entry {
  return [placeholder === undefined ? name : `${name} ${placeholder}`, summary];
}

function flagTerm(name: string, short: string | undefined, placeholder: string | undefined): string {
  const flags = short === undefined ? `    --${name}` : `-${short}, --${name}`;
  return placeholder === undefined ? flags : `${flags} ${placeholder}`;
}

function hints(help: string, isWhole: boolean): string[] {
  const aliases = namedSettings.flatMap(({ alias, name }) =>
    alias === undefined ? [] : [`${alias.name} (${name})`]
  );
  return [
    ...(isWhole
      ? []
      : [`These are the settings that most servers need: \`denicorn ${help} --all\` shows all of them.`]),
    "TIME is in seconds, or has a unit: 500ms, 30s, 2m, 1h.",
    "Every setting can also be given in the environment (--graceful-timeout as DENICORN_GRACEFUL_TIMEOUT; also " +
    `${aliases.join(", ")}) and in the config file (as gracefulTimeout). The command line overrides the ` +
    "environment, which overrides the config file. `denicorn settings` shows each value and where it comes from.",
  ];
}

const widestTerm = 30;
const narrowestText = 24;

/** Terms and texts in two columns, or below each other in a narrow terminal. */
function renderBlocks(blocks: readonly Block[], width: number): string[] {
  const filled = blocks.filter(({ entries }) => entries.length > 0);
  const terms = filled.flatMap(({ entries }) => entries.map(([term]) => term.length));
  const column = 2 + Math.min(Math.max(...terms), widestTerm) + 2;
  const indent = width - column < narrowestText ? 8 : column;
  return filled.map(({ title, entries }) =>
    [`${title}:`, ...entries.flatMap((entry) => renderEntry(entry, indent, width))].join("\n")
  );
}

function renderEntry([term, text]: Entry, indent: number, width: number): string[] {
  const lines = wrap(text, width - indent).map((line) => " ".repeat(indent) + line.replaceAll(unbroken, " "));
  const head = `  ${term}`;
  const [first = "", ...others] = lines;
  if (head.length + 2 > indent) return [head, ...lines];
  return [head + first.slice(head.length), ...others];
}
