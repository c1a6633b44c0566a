/**
 * Compiles Denicorn into one executable that needs no Deno, no node_modules and no network:
 *
 *     deno run -A scripts/build.ts [TARGET] [OUTPUT]
 *
 * TARGET is linux-x64 or linux-arm64, this machine's by default; OUTPUT is dist/denicorn by default. esbuild's
 * own executable goes in as well: `deno compile` embeds the npm package made for TARGET.
 */
import { resolve } from "node:path";
import { bundleProgram } from "./bundle_program.ts";
import { chooseRuntime } from "./runtime.ts";
import { hostTarget, isTarget, platforms, type Target, targets } from "./target.ts";
import { BuildError, run, runScript, withTempDir } from "./workspace.ts";

export async function build(target: Target, output: string): Promise<void> {
  const runtime = await chooseRuntime(target);
  console.log(`${target}: runtime Deno ${runtime.version} from ${runtime.origin}`);
  await withTempDir(async (dir) => {
    await bundleProgram(dir);
    const args = [
      ...["compile", "--quiet", "--allow-all", "--unstable-net", "--no-check", "--node-modules-dir=none"],
      // The code cache would lie under a name anybody can guess in /tmp, and starts are no faster with it.
      ...["--no-code-cache", "--config", `${dir}/deno.json`, "--lock", `${dir}/deno.lock`, "--frozen=false"],
      ...["--target", platforms[target].triple, "--output", output, `${dir}/main.js`],
    ];
    await run(runtime.deno, args, { DENORT_BIN: runtime.denort });
  });
  if (target === hostTarget) await smokeTest(output);
}

/** A binary that cannot even say its version is not left behind to be found by users. */
async function smokeTest(binary: string): Promise<void> {
  try {
    await run(binary, ["--version"]);
  } catch (error) {
    await Deno.remove(binary);
    throw error;
  }
}

async function main(): Promise<void> {
  const [target = hostTarget, output = "dist/denicorn"] = Deno.args;
  if (target === undefined) {
    throw new BuildError(
      `cannot build for this machine: ${Deno.build.target} is none of ${targets.join(", ")}`,
    );
  }
  if (!isTarget(target)) {
    throw new BuildError(`cannot build for ${target}: the targets are ${targets.join(", ")}`);
  }
  await build(target, resolve(output));
  const { size } = await Deno.stat(output);
  console.log(`${target}: ${output}, ${(size / 1e6).toFixed(0)} MB`);
}

if (import.meta.main) await runScript(main);
