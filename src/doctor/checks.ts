import type { Check } from "./check.ts";
import { account } from "./checks/account.ts";
import { appFile } from "./checks/app_file.ts";
import { bundler } from "./checks/bundler.ts";
import { channelServer } from "./checks/channel_server.ts";
import { cores } from "./checks/cores.ts";
import { descriptorPassing } from "./checks/descriptor_passing.ts";
import { fileLimit } from "./checks/file_limit.ts";
import { firstProcess } from "./checks/first_process.ts";
import { kernel } from "./checks/kernel.ts";
import { library } from "./checks/library.ts";
import { memory } from "./checks/memory.ts";
import { migration } from "./checks/migration.ts";
import { ports } from "./checks/ports.ts";
import { procFiles } from "./checks/proc_files.ts";
import { queue } from "./checks/queue.ts";
import { runtimeDirectory } from "./checks/runtime_directory.ts";
import { sharedMemory } from "./checks/shared_memory.ts";
import { steering } from "./checks/steering.ts";
import { taskStore } from "./checks/task_store.ts";

/** Every check, in the order of the report: a check comes after those it depends on. */
export const checks: readonly Check[] = [
  kernel,
  library,
  procFiles,
  runtimeDirectory,
  bundler,
  appFile,
  account,
  steering,
  descriptorPassing,
  migration,
  sharedMemory,
  fileLimit,
  queue,
  ports,
  cores,
  memory,
  taskStore,
  channelServer,
  firstProcess,
];
