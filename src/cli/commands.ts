/** Every command of the command line: help, completions and the dispatch are loops over this list. */

import type { RunnableCommand } from "./command.ts";
import { check } from "./commands/check.ts";
import { completions } from "./commands/completions.ts";
import { ctl } from "./commands/ctl.ts";
import { init } from "./commands/init.ts";
import { doctor } from "./commands/doctor.ts";
import { serve } from "./commands/serve.ts";
import { settings } from "./commands/settings.ts";
import { types } from "./commands/types.ts";

export const commands: readonly RunnableCommand[] = [
  serve,
  init,
  check,
  settings,
  ctl,
  doctor,
  types,
  completions,
];
