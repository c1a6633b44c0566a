import type { OtherProcess } from "../system.ts";

/** How many processes a log line names. */
const longestList = 10;

/** For a log line: `17 (sleep 9), 18 (sh -c …) and 3 more`. */
export function listProcesses(processes: readonly OtherProcess[]): string {
  const named = processes.slice(0, longestList).map(({ pid, command }) => `${pid} (${command})`).join(", ");
  return processes.length > longestList ? `${named} and ${processes.length - longestList} more` : named;
}
