import type { ExitCode } from "../core/errors.ts";
import type { CommandLine } from "../settings/command_line.ts";
import type { System } from "../system/system.ts";
import type { Command } from "./help.ts";

export interface RunnableCommand extends Command {
  /** `commands` is the list of all commands. Throws DenicornError. */
  run(system: System, line: CommandLine, commands: readonly Command[]): Promise<ExitCode>;
}
