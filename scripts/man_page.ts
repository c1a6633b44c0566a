/** The man page denicorn(1), made from the tables of commands, settings, signals and exit codes. */
import { completionSteps } from "../src/cli/completions.ts";
import { commands } from "../src/cli/commands.ts";
import { bySection, variables } from "../src/cli/layout.ts";
import { exitCodeMeanings } from "../src/core/errors.ts";
import { commandList } from "../src/core/operator_commands.ts";
import { version } from "../src/core/version.ts";

/** Text of a paragraph: a backslash, a dash, and a dot at the beginning of a line mean something to roff. */
function escaped(text: string): string {
  return text.replaceAll("\\", "\\e").replaceAll("-", "\\-").replace(/^([.'])/gm, "\\&$1");
}

function bold(text: string): string {
  return `\\fB${escaped(text)}\\fR`;
}

/** What stands for a value. */
function italic(text: string): string {
  return `\\fI${escaped(text)}\\fR`;
}

/** A term with its text below. */
function entry(term: string, text: string): string {
  return `.TP\n${term}\n${escaped(text)}`;
}

/** In the format of man(7). `date` as 2026-01-31. */
export function manPage(date: string): string {
  const settings = bySection((setting) => {
    const { name, short, flag, placeholder, description, isSwitch, show } = setting;
    const letters = short === undefined ? "" : `${bold(`-${short}`)}, `;
    const value = isSwitch ? "" : ` ${italic(placeholder)}`;
    const term = flag === false ? italic(placeholder) : `${letters}${bold(`--${name}`)}${value}`;
    const facts = ` Default: ${show(setting.default)}. Environment: ${variables(setting).join(", ")}.`;
    return entry(term, description + (flag === false ? "" : facts));
  }).flatMap(({ title, rendered }) => [`.SS ${title}`, ...rendered]);
  const signals = commandList.flatMap((command) =>
    Object.entries(command.signals ?? {}).map(([signal, { description }]) => entry(bold(signal), description))
  );
  return [
    `.TH DENICORN 1 "${date}" "Denicorn ${version}"`,
    ".SH NAME",
    "denicorn \\- pre\\-fork HTTP application server for Deno",
    ".SH SYNOPSIS",
    `${bold("denicorn")} [${italic("OPTIONS")}] ${italic("APP")} [\\-\\- ${italic("ARGS")}]`,
    ".br",
    `${bold("denicorn")} ${italic("COMMAND")} [${italic("OPTIONS")}]`,
    ".SH DESCRIPTION",
    escaped(
      "Runs a fetch app or a Node.js server in several processes that share one port: starts and replaces them, scales " +
        "them, and reloads the app without losing a request. Every option is also an environment variable and a key of " +
        "the config file denicorn.config.ts; the command line overrides the environment, which overrides the file.",
    ),
    ".SH COMMANDS",
    ...commands.map(({ name, usage, summary }) => entry(`${bold(name)} ${escaped(usage)}`, summary)),
    ".SH OPTIONS",
    ...settings,
    ".SH SIGNALS",
    "Those that the master takes:",
    ...signals,
    ".SH COMPLETIONS",
    "What each shell needs once:",
    ...Object.entries(completionSteps).map(([shell, command]) => entry(bold(shell), command)),
    ".SH EXIT STATUS",
    ...Object.entries(exitCodeMeanings).map(([code, meaning]) => entry(bold(code), meaning)),
    "",
  ].join("\n");
}
