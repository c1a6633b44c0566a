/** The path by which this program was started: what is there is what an upgrade starts. */

import { sourceArguments } from "./self_command.ts";
import type { System } from "../system.ts";

/**
 * Returns a function that looks for the program again as the shell did when it was started, with the links in the path as
 * they are by then. `directory` is the working directory as it was given.
 */
export function givenCommand(system: System, directory: string): () => [string, ...string[]] {
  const { host } = system;
  const find = finder(system, directory);
  const sources = host.standalone ? [] : sourceArguments(host).map(throughLinks(host.cwd(), directory));
  return () => [find(), ...sources];
}

function finder(system: System, directory: string): () => string {
  const { host, files } = system;
  const name = nameInCommand(system);
  const path = host.env("PATH") ?? "";
  const find = () =>
    name.includes("/") ? absolute(name, directory) : foundOnPath(system, name, path) ?? host.execPath;
  // A wrapper may have given it any name.
  if (name !== "" && files.isSame(find(), "/proc/self/exe")) return find;
  const { execPath } = host;
  return () => execPath;
}

/** As execve(2) got it; empty if the system does not say. */
function nameInCommand({ files }: System): string {
  try {
    return files.readTextSync("/proc/self/cmdline").split("\0")[0] ?? "";
  } catch {
    return "";
  }
}

function foundOnPath({ files }: System, name: string, path: string): string | undefined {
  return path.split(":").filter((entry) => entry.startsWith("/")).map((entry) => `${entry}/${name}`)
    .find((file) => files.stat(file)?.isFile === true && files.isExecutable(file));
}

function absolute(path: string, directory: string): string {
  return path.startsWith("/") ? path : `${directory}/${path}`;
}

/** From source, modules below the working directory are reached through the links of its path, too. */
function throughLinks(actual: string, given: string): (argument: string) => string {
  return (argument) => argument.startsWith(`${actual}/`) ? given + argument.slice(actual.length) : argument;
}
