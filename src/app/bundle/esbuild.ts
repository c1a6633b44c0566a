/** Runs esbuild: its library is loaded when first needed, its process runs only while something is bundled. */

import type { BuildOptions, BuildResult, SameShape } from "esbuild";
import { DenicornError } from "../../core/errors.ts";
import type { System } from "../../system/system.ts";
import { carriedEsbuild, executableCopy, ownFile } from "./esbuild_executable.ts";

type Esbuild = typeof import("esbuild");

/** A module is loaded once per process, and esbuild has one child process per module. */
let library: Promise<Esbuild> | undefined;
let users = 0;

/** How long a build may take, in ms: esbuild itself reads package.json, which may be a FIFO or on a server that hangs. */
export const longestBuild = 120_000;
const buildTooLong =
  `cannot load the app: it was not bundled after ${longestBuild / 1000} s: look for a package.json ` +
  "or tsconfig.json that is not a regular file, or is on a file system that does not answer";

/** Ends each build that runs: esbuild itself leaves them pending for ever when it is stopped. */
const running = new Set<(reason: unknown) => void>();

/** Runs one build, and stops esbuild, with all builds, if that takes too long or at `signal`. */
export async function buildInTime<Options extends BuildOptions>(
  { clock }: System,
  esbuild: Esbuild,
  options: SameShape<BuildOptions, Options>,
  signal?: AbortSignal,
): Promise<BuildResult<Options>> {
  const { promise: stopped, reject } = Promise.withResolvers<never>();
  const stopAll = (reason: unknown) => {
    running.forEach((end) => end(reason));
    void esbuild.stop();
  };
  const cancel = clock.after(longestBuild, () => stopAll(new DenicornError("app-not-found", buildTooLong)));
  const abort = () => stopAll(signal?.reason);
  signal?.addEventListener("abort", abort);
  running.add(reject);
  try {
    signal?.throwIfAborted();
    return await Promise.race([esbuild.build(options), stopped]);
  } finally {
    cancel();
    signal?.removeEventListener("abort", abort);
    running.delete(reject);
  }
}

/** Calls `use` with esbuild. Its child process is stopped when no call is left. */
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

/** Loads the library, so that later nothing has to be read for it. */
export async function loadEsbuild(system: System, runtimeDirectory: string): Promise<void> {
  await withEsbuild(system, runtimeDirectory, () => Promise.resolve());
}

async function stop(): Promise<void> {
  try {
    const esbuild = await library;
    if (users === 0) await esbuild?.stop();
  } catch {
    // It could not be loaded; the caller got the error, and the next call retries.
    library = undefined;
  }
}

/**
 * While it is evaluated, esbuild reads the path of its executable and the directory to start it in from `process`, once
 * per process. It sees replacements of both: a variable in the real environment would reach the app, and the next
 * deployment may remove the real working directory.
 */
async function load(system: System, runtimeDirectory: string): Promise<Esbuild> {
  // Before node:process, for which the runtime needs /proc.
  const source = ownFile(system.host);
  // node:process takes 10 ms to set up, which a start with a cached bundle saves.
  const { default: process } = await import("node:process");
  const executable = carriedEsbuild === undefined
    ? {}
    : { ESBUILD_BINARY_PATH: executableCopy(system, source, carriedEsbuild, runtimeDirectory) };
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
