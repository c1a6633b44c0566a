/** Every command as data: help, completions and the dispatch are loops over this list. */

import type { ExitCode } from "../core/errors.ts";
import type { CommandLine } from "../settings/command_line.ts";
import type { System } from "../system/system.ts";
import { check } from "./check_command.ts";
import { completions } from "./completions_command.ts";
import { ctl } from "./ctl_command.ts";
import { doctor } from "./doctor_command.ts";
import type { Command } from "./help.ts";
import { serve } from "./serve_command.ts";
import { settings } from "./settings_command.ts";

export interface RunnableCommand extends Command {
  /** Throws DenicornError for whatever keeps it from doing its work. */
  run(system: System, line: CommandLine): Promise<ExitCode>;
}

export const commands: readonly RunnableCommand[] = [serve, check, settings, ctl, doctor, completions];
