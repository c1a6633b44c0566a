/** Every command as data: help, completions and the dispatch are loops over this list. */

import type { ExitCode } from "../core/errors.ts";
import type { CommandLine } from "../settings/command_line.ts";
import type { System } from "../system/system.ts";
import { check } from "./commands/check.ts";
import { completions } from "./commands/completions.ts";
import { ctl } from "./commands/ctl.ts";
import { doctor } from "./commands/doctor.ts";
import type { Command } from "./help.ts";
import { serve } from "./commands/serve.ts";
import { settings } from "./commands/settings.ts";

export interface RunnableCommand extends Command {
  /** Throws DenicornError for whatever keeps it from doing its work. */
  run(system: System, line: CommandLine): Promise<ExitCode>;
}

export const commands: readonly RunnableCommand[] = [serve, check, settings, ctl, doctor, completions];
