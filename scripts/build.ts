/**
 * Compiles Denicorn into one executable that needs no Deno, node_modules or network:
 *
 *     deno run -A scripts/build.ts [TARGET] [OUTPUT]
 *
 * TARGET is linux-x64 or linux-arm64, by default that of this machine; OUTPUT is dist/denicorn by default. It includes
 * the executable of esbuild.
 */
import { createHash } from "node:crypto";
import { dirname, resolve } from "node:path";
import { heapFlags, writtenHeapFlags } from "../src/core/heap_flags.ts";
import { bundleProgram } from "./bundle_program.ts";
import { type EsbuildExecutable, esbuildExecutable } from "./esbuild_package.ts";
import { chooseRuntime, type Runtime } from "./runtime.ts";
import type { Contents } from "./sbom.ts";
import { hostTarget, isTarget, platforms, type Target, targets } from "./target.ts";
import { BuildError, run, runScript, withTempDir } from "./workspace.ts";

/** Returns what is in the executable. */
export async function build(target: Target, output: string): Promise<Contents> {
  const runtime = await chooseRuntime(target);
  console.log(`${target}: runtime Deno ${runtime.version} from ${runtime.origin}`);
  const esbuild = await esbuildExecutable(target);
  const packages = await withTempDir(async (dir) => {
    const carrier = `${dir}/carrier`;
    const offset = await writeCarrier(carrier, await runtimePath(runtime, target, dir), esbuild.bytes);
    const { version, sha256, bytes: { length: size } } = esbuild;
    const packages = await bundleProgram(`${dir}/program`, { version, sha256, offset, size });
    await forgetTimes(`${dir}/program`);
    await compile({ ...runtime, denort: carrier }, target, `${dir}/program`, output);
    await requireCarried(output, offset, esbuild);
    await requireHeapFlags(output);
    return packages;
  });
  if (target === hostTarget) await smokeTest(output);
  const sha256 = createHash("sha256").update(await Deno.readFile(runtime.file)).digest("hex");
  return { target, runtime: { ...runtime, sha256 }, esbuild, packages };
}

/**
 * Writes the runtime followed by esbuild's executable, and returns the offset of the latter. As a file that `deno
 * compile` embeds, it would be read at the start of every process: 13 ms of 42.
 */
async function writeCarrier(path: string, runtime: string, executable: Uint8Array): Promise<number> {
  await Deno.copyFile(runtime, path);
  const { size } = await Deno.stat(path);
  await Deno.writeFile(path, executable, { append: true });
  return size;
}

/** Dates all files alike: `deno compile` embeds their times, and the same sources must give the same bytes. */
async function forgetTimes(folder: string): Promise<void> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) await forgetTimes(`${folder}/${name}`);
    else await Deno.utime(`${folder}/${name}`, 0, 0);
  }
}

/** When only Deno has the runtime, a compiled empty program serves as the runtime. */
async function runtimePath(runtime: Runtime, target: Target, dir: string): Promise<string> {
  if (runtime.denort !== undefined) return runtime.denort;
  await Deno.mkdir(`${dir}/empty`);
  await Deno.writeTextFile(`${dir}/empty/main.js`, "");
  await Deno.writeTextFile(`${dir}/empty/deno.json`, "{}");
  await compile(runtime, target, `${dir}/empty`, `${dir}/empty/runtime`);
  return `${dir}/empty/runtime`;
}

/** Compiles main.js of the folder `program` by its deno.json. */
export async function compile(
  { deno, denort }: Runtime,
  target: Target,
  program: string,
  output: string,
): Promise<void> {
  const args = [
    ...["compile", "--quiet", "--allow-all", "--unstable-net", "--no-check", "--node-modules-dir=none"],
    // The code cache would be in /tmp under a name that is easy to guess, and does not make starts faster.
    // The flags of V8 are changed in copies of the program: src/system/processes/own_program.ts.
    `--v8-flags=${heapFlags(0).join(",")}`,
    ...["--no-code-cache", "--no-lock", "--config", `${program}/deno.json`],
    ...["--target", platforms[target].triple, "--output", output, `${program}/main.js`],
  ];
  await Deno.mkdir(dirname(output), { recursive: true });
  await run(deno, args, { DENORT_BIN: denort });
}

/** Checks that `deno compile` left esbuild's executable at its offset. */
async function requireCarried(binary: string, offset: number, { bytes }: EsbuildExecutable): Promise<void> {
  using file = await Deno.open(binary);
  await file.seek(offset, Deno.SeekMode.Start);
  const found = new Uint8Array(bytes.length);
  for (let filled = 0; filled < found.length;) {
    const count = await file.read(found.subarray(filled));
    if (count === null) break;
    filled += count;
  }
  if (found.every((byte, index) => byte === bytes[index])) return;
  await Deno.remove(binary);
  throw new BuildError(
    `cannot embed esbuild: ${binary} does not contain it at the offset it had in the runtime`,
  );
}

/** Checks that the flags of V8 are in the binary once, as they have to be written. */
async function requireHeapFlags(binary: string): Promise<void> {
  const text = new TextDecoder("latin1").decode(await Deno.readFile(binary));
  const found = text.match(writtenHeapFlags)?.length ?? 0;
  if (found === 1) return;
  await Deno.remove(binary);
  throw new BuildError(
    `cannot make the heap limit changeable: ${binary} has flags for it in ${found} places`,
  );
}

/** Removes a binary that cannot print its version or load an app. */
async function smokeTest(binary: string): Promise<void> {
  try {
    await run(binary, ["--version"]);
    await withTempDir(async (dir) => {
      await Deno.writeTextFile(`${dir}/main.ts`, "export default (): Response => new Response();\n");
      // With an empty cache it has to copy out its own esbuild.
      const caches = { XDG_CACHE_HOME: `${dir}/cache`, DENO_DIR: `${dir}/deno` };
      await run(binary, ["check", `${dir}/main.ts`], caches);
    });
  } catch (error) {
    await Deno.remove(binary);
    throw error;
  }
}

async function main(): Promise<void> {
  const [target = hostTarget, output = "dist/denicorn"] = Deno.args;
  if (target === undefined) {
    throw new BuildError(
      `cannot build for this machine: ${Deno.build.target} is not a target: give one of ${
        targets.join(", ")
      }`,
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
