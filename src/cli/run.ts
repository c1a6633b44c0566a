/** The whole command line: which command it names, its help, and how errors are reported. */

import { DenicornError, errorText, ExitCode, toDenicornError } from "../core/errors.ts";
import { version } from "../core/version.ts";
import { parseCommandLine } from "../settings/command_line.ts";
import { nearest } from "../settings/nearest.ts";
import type { System } from "../system/system.ts";
import type { RunnableCommand } from "./command.ts";
import { reported } from "./error_origin.ts";
import { serve } from "./commands/serve.ts";

/** Runs `args` and returns the exit code of the process. */
export async function run(system: System, args: readonly string[]): Promise<ExitCode> {
  // An error that nothing catches must not end a command with a stack trace of the runtime.
  system.processes.onUncaught((error) => report(system, toDenicornError(error)));
  try {
    const named = await namedCommand(system, args);
    const command = named ?? serve;
    const line = parseCommandLine(named === undefined ? args : args.slice(1), command);
    if (line.options.has("help")) return write(system, await helpOf(named));
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

/**
 * The command that `args` begin with, if they name one. Throws DenicornError `usage` for a first word that was meant as a
 * command: one that is not a file, and is almost a command or stands before a file.
 */
async function namedCommand(
  { files }: System,
  [word = "", ...others]: readonly string[],
): Promise<RunnableCommand | undefined> {
  if (!/^[a-z]+$/.test(word)) return undefined;
  const commands = await allCommands();
  const named = commands.find(({ name }) => name === word);
  if (named !== undefined || files.stat(word) !== null) return named;
  const guess = nearest(word, commands.map(({ name }) => name));
  if (guess !== undefined) {
    throw new DenicornError(
      "usage",
      `"${word}" is neither a command nor a file: did you mean denicorn ${guess}?`,
    );
  }
  const app = others.find((other) => /^[^-].*\.[cm]?[jt]sx?$/.test(other));
  if (app === undefined) return undefined;
  throw new DenicornError("usage", `unknown command "${word}": to serve ${app}, run \`denicorn ${app}\``);
}

async function helpOf(command: RunnableCommand | undefined): Promise<string> {
  const { renderCommandHelp, renderHelp } = await import("./help.ts");
  return command === undefined
    ? renderHelp({ version, commands: await allCommands() })
    : renderCommandHelp(command, {});
}

function write(system: System, text: string): ExitCode {
  system.host.write("stdout", text);
  return ExitCode.normal;
}
