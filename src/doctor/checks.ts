import type { Check } from "./check.ts";
import { cores } from "./cores.ts";
import { descriptorPassing } from "./descriptor_passing.ts";
import { fileLimit } from "./file_limit.ts";
import { firstProcess } from "./first_process.ts";
import { kernel } from "./kernel.ts";
import { library } from "./library.ts";
import { memory } from "./memory.ts";
import { migration } from "./migration.ts";
import { ports } from "./ports.ts";
import { procFiles } from "./proc_files.ts";
import { queue } from "./queue.ts";
import { runtimeDirectory } from "./runtime_directory.ts";
import { sharedMemory } from "./shared_memory.ts";
import { steering } from "./steering.ts";

/** Every check, in the order of the report: what others build on comes first. */
export const checks: readonly Check[] = [
  kernel,
  library,
  procFiles,
  runtimeDirectory,
  steering,
  descriptorPassing,
  migration,
  sharedMemory,
  fileLimit,
  queue,
  ports,
  cores,
  memory,
  firstProcess,
];
