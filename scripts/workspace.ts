/** Shared by the build scripts: paths, running a program, and errors. */

import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("..", import.meta.url)).replace(/\/$/, "");
/** Downloads and caches, outside version control. */
export const toolsDir = `${root}/.tools`;
export const distDir = `${root}/dist`;

/** A failure that the reader can act on; shown without a stack. */
export class BuildError extends Error {
  override readonly name = "BuildError";
}

/** Runs `main` as a script: a BuildError is printed on one line, with exit code 1. */
export async function runScript(main: () => Promise<void>): Promise<void> {
  try {
    await main();
  } catch (error) {
    if (!(error instanceof BuildError)) throw error;
    console.error(`error: ${error.message}`);
    Deno.exit(1);
  }
}

/**
 * Runs a program in the root of the checkout and returns its output. `env` is added to our own environment; `undefined`
 * removes a variable. Throws BuildError with the program's output.
 */
export async function run(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>> = {},
): Promise<string> {
  const variables = Object.entries({ ...Deno.env.toObject(), ...env });
  const command = new Deno.Command(program, {
    args: [...args],
    cwd: root,
    clearEnv: true,
    env: Object.fromEntries(variables.filter((pair): pair is [string, string] => pair[1] !== undefined)),
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
  const { success, code, stdout, stderr } = await command.output();
  const decoder = new TextDecoder();
  if (!success) {
    const said = `${decoder.decode(stdout)}${decoder.decode(stderr)}`.trimEnd();
    throw new BuildError(`${program} ${args[0] ?? ""} ended with exit code ${code}\n${said}`);
  }
  return decoder.decode(stdout).trim();
}

/**
 * Calls `use` with a new folder, on the same disk as the caches, so that a rename into them is atomic. Its path has no
 * links: `deno compile` would embed where they are and lead to.
 */
export async function withTempDir<T>(use: (dir: string) => Promise<T>): Promise<T> {
  await Deno.mkdir(toolsDir, { recursive: true });
  const dir = await Deno.makeTempDir({ dir: await Deno.realPath(toolsDir), prefix: "tmp-" });
  try {
    return await use(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

export async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
