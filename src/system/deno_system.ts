import { clock } from "./clock.ts";
import { files } from "./files.ts";
import { host } from "./host.ts";
import { network } from "./network.ts";
import { processes } from "./processes.ts";
import type { System } from "./system.ts";

/** The real outside. */
export function createSystem(): System {
  return { clock, host, files, processes, network };
}
