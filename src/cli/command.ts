import type { ExitCode } from "../core/errors.ts";
import type { CommandLine, CommandSyntax } from "../settings/command_line.ts";
import type { System } from "../system/system.ts";

/** A command as help and completions see it. */
export interface Command extends CommandSyntax {
  readonly name: string;
  /** What follows the name: `[OPTIONS] APP`. */
  readonly usage: string;
  readonly summary: string;
  /** The operands it accepts, if they are a few words. */
  readonly words?: readonly Word[];
}

export interface Word {
  readonly name: string;
  readonly summary: string;
  /** What follows it. */
  readonly placeholder?: string;
}

export interface RunnableCommand extends Command {
  /** `allCommands` loads the list of all commands. Throws DenicornError. */
  run(system: System, line: CommandLine, allCommands: () => Promise<readonly Command[]>): Promise<ExitCode>;
}
