import type { ExitCode } from "../core/errors.ts";
import type { CommandLine } from "../settings/command_line.ts";
import type { System } from "../system/system.ts";
import type { Command } from "./help.ts";

export interface RunnableCommand extends Command {
  /** `commands` are all there are. Throws DenicornError for whatever keeps it from doing its work. */
  run(system: System, line: CommandLine, commands: readonly Command[]): Promise<ExitCode>;
}
