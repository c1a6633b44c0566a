/** esbuild as a guest: loaded when first needed, its process alive only while something is bundled. */

import { DenicornError } from "../../core/errors.ts";
import type { System } from "../../system/system.ts";
import { carriedEsbuild, executableCopy, ownFile } from "./esbuild_executable.ts";

type Esbuild = typeof import("esbuild");

/** A module is loaded once per process, and esbuild has one child process per module. */
let library: Promise<Esbuild> | undefined;
let users = 0;

/** Lends esbuild to `use`. Its child process ends with the last of those who use it at a time. */
export async function withEsbuild<T>(
  system: System,
  runtimeDirectory: string,
  use: (esbuild: Esbuild) => Promise<T>,
): Promise<T> {
  users++;
  try {
    library ??= load(system, runtimeDirectory);
    return await use(await library);
  } finally {
    users--;
    if (users === 0) await stop();
  }
}

async function stop(): Promise<void> {
  try {
    const esbuild = await library;
    if (users === 0) await esbuild?.stop();
  } catch {
    // It could not be loaded, which its user has been told; the next one tries anew.
    library = undefined;
  }
}

/**
 * While it is evaluated esbuild reads two settings from `process` that it keeps for ever: the path of its
 * executable, and the directory in which to start it. It is shown what it needs there, and nobody else is: the
 * real environment would reach the app, and the real working directory may be removed by the next deployment.
 */
async function load(system: System, runtimeDirectory: string): Promise<Esbuild> {
  // Setting up node:process takes 10 ms, which a start that finds its bundle made need not wait for.
  const { default: process } = await import("node:process");
  const source = ownFile(system.host);
  const executable = carriedEsbuild === undefined
    ? {}
    : { ESBUILD_BINARY_PATH: await executableCopy(system, source, carriedEsbuild, runtimeDirectory) };
  const { env, cwd } = process;
  process.env = { ...env, ...executable };
  process.cwd = () => "/";
  try {
    return await import("esbuild");
  } catch (error) {
    throw new DenicornError("internal", "cannot bundle the app: esbuild: cannot be loaded", { cause: error });
  } finally {
    process.env = env;
    process.cwd = cwd;
  }
}
