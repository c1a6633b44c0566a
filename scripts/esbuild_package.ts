/** esbuild's executable for a target, from its npm package, checked against deno.lock. */

import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import type { Target } from "./target.ts";
import { BuildError, exists, root, run, withTempDir } from "./workspace.ts";

export interface EsbuildExecutable {
  readonly version: string;
  readonly bytes: Uint8Array;
  readonly sha256: string;
}

/** Downloads the package if Deno's cache does not have it, as for another platform. */
export async function esbuildExecutable(target: Target): Promise<EsbuildExecutable> {
  const library = fileURLToPath(import.meta.resolve("esbuild"));
  const [, packages, version] = /^(.*)\/esbuild\/([^/]+)\/lib\/[^/]+$/.exec(library) ?? [];
  if (packages === undefined || version === undefined) {
    throw new BuildError(`cannot find esbuild's executable: ${library} is not in Deno's cache`);
  }
  const name = `@esbuild/${target}`;
  const path = `${packages}/${name}/${version}/bin/esbuild`;
  if (!await exists(path)) await download(name, version);
  const bytes = await Deno.readFile(path);
  return { version, bytes, sha256: createHash("sha256").update(bytes).digest("hex") };
}

/** With a lock file of its own: in the program's, the package is only an optional dependency of another. */
async function download(name: string, version: string): Promise<void> {
  const lock = JSON.parse(await Deno.readTextFile(`${root}/deno.lock`));
  const id = `${name}@${version}`;
  const specifier = `npm:${id}`;
  if (lock.npm[id] === undefined) {
    throw new BuildError(`cannot download ${id}: deno.lock does not contain it`);
  }
  await withTempDir(async (dir) => {
    const own = { version: lock.version, specifiers: { [specifier]: version }, npm: { [id]: lock.npm[id] } };
    await Deno.writeTextFile(`${dir}/deno.lock`, JSON.stringify(own));
    const check = ["--no-config", "--lock", `${dir}/deno.lock`, "--frozen"];
    await run(Deno.execPath(), ["cache", "--quiet", ...check, specifier]);
  });
}
