/** The whole command line: which command it names, its help, and how errors are reported. */

import { DenicornError, errorText, ExitCode, toDenicornError } from "../core/errors.ts";
import { version } from "../core/version.ts";
import { parseCommandLine } from "../settings/command_line.ts";
import { nearest } from "../settings/nearest.ts";
import type { System } from "../system/system.ts";
import type { RunnableCommand } from "./command.ts";
import { reported } from "./error_origin.ts";
import { refusePeerWord } from "./peer_words.ts";
import { serve } from "./commands/serve.ts";

/** Runs `args` and returns the exit code of the process. */
export async function run(system: System, args: readonly string[]): Promise<ExitCode> {
  // An error that nothing catches must not end a command with a stack trace of the runtime.
  system.processes.onUncaught((error) => report(system, toDenicornError(error)));
  try {
    const { command, args: others, isNamed, isWhole } = await commandOf(system, args);
    const line = parseCommandLine(others, command);
    if (line.options.has("help")) return write(system, await helpOf(isNamed ? command : undefined, isWhole));
    if (line.options.has("version")) return write(system, `denicorn ${version} (${system.host.runtime})\n`);
    return await command.run(system, line, allCommands);
  } catch (thrown) {
    const error = reported(thrown);
    report(system, error);
    return error.exitCode;
  }
}

function report({ host }: System, error: DenicornError): void {
  host.write("stderr", errorText(error));
}

/** A start that serves an app waits for none of the others. */
async function allCommands(): Promise<readonly RunnableCommand[]> {
  return (await import("./commands.ts")).commands;
}

interface NamedCommand {
  readonly command: RunnableCommand;
  /** What it gets. */
  readonly args: readonly string[];
  /** False if `args` begin with no command: then the app is served. */
  readonly isNamed: boolean;
  /** Its help shows every setting. */
  readonly isWhole?: boolean;
}

/**
 * The command that `args` begin with, if they name one; `denicorn stop` is `denicorn ctl stop`. Throws DenicornError
 * `usage` for a first word that was meant as a command: one that is not a file, and is almost a command, is one of
 * another server, or stands before a file.
 */
async function commandOf({ files }: System, args: readonly string[]): Promise<NamedCommand> {
  const [word = "", ...others] = args;
  const unnamed = { command: serve, args, isNamed: false };
  if (!/^[a-z]+$/.test(word)) return unnamed;
  const commands = await allCommands();
  const named = commands.find(({ name }) => name === word);
  if (named !== undefined) return { command: named, args: others, isNamed: true };
  if (files.stat(word) !== null) return unnamed;
  if (word === "help") return helpAsFlag(commands, others);
  const ctl = commands.find(({ name }) => name === "ctl");
  const ctlWords = ctl?.words?.map(({ name }) => name) ?? [];
  if (ctl !== undefined && ctlWords.includes(word)) return { command: ctl, args, isNamed: true };
  refusePeerWord(word);
  const guess = nearest(word, [...commands.map(({ name }) => name), ...ctlWords]);
  if (guess !== undefined) {
    throw new DenicornError(
      "usage",
      `"${word}" is neither a command nor a file: did you mean denicorn ${guess}?`,
    );
  }
  const found = others.find((other, place) =>
    /^[^-].*\.[cm]?[jt]sx?$/.test(other) && !/^-/.test(others[place - 1] ?? "")
  );
  const app = found ?? (word === "start" || word === "run" ? "main.ts" : undefined);
  if (app !== undefined) {
    throw new DenicornError("usage", `unknown command "${word}": to serve ${app}, run \`denicorn ${app}\``);
  }
  return unnamed;
}

/** `denicorn help [COMMAND]` is `denicorn [COMMAND] --help`, and with `--all` it shows every setting. */
function helpAsFlag(commands: readonly RunnableCommand[], words: readonly string[]): NamedCommand {
  const isWhole = words.includes("--all");
  const [word, ...others] = words.filter((word) => word !== "--all");
  const command = commands.find(({ name, words = [] }) =>
    name === word || (name === "ctl" && words.some(({ name }) => name === word))
  );
  if (word === undefined) return { command: serve, args: ["--help"], isNamed: false, isWhole };
  if (command !== undefined) return { command, args: ["--help", ...others], isNamed: true, isWhole };
  const names = commands.map(({ name }) => name).join(", ");
  throw new DenicornError(
    "usage",
    `help: ${JSON.stringify(word)} is not a command: give one of ${names}, or --all for every setting`,
  );
}

async function helpOf(command: RunnableCommand | undefined, isWhole = false): Promise<string> {
  const { renderCommandHelp, renderHelp } = await import("./help.ts");
  return command === undefined
    ? renderHelp({ version, commands: await allCommands(), isWhole })
    : renderCommandHelp(command, { isWhole });
}

function write(system: System, text: string): ExitCode {
  system.host.write("stdout", text);
  return ExitCode.normal;
}
