/**
 * The packages for npm: `denicorn`, a command that becomes the executable, and one package with the executable for each
 * target, of which npm installs the one that fits the machine.
 */
import { renderDeclarations } from "../src/cli/declarations.ts";
import { type Target, targets } from "./target.ts";
import { licensesFile } from "./third_party_licenses.ts";
import { root } from "./workspace.ts";

const common = {
  license: "MIT",
  keywords: ["deno", "http", "server", "pre-fork", "gunicorn"],
};

/** Writes the package `denicorn` into the folder `dir`. */
export async function writeCommandPackage(dir: string, version: string): Promise<void> {
  await writePackage(dir, {
    name: "denicorn",
    version,
    description: "Pre-fork HTTP application server for Deno",
    ...common,
    bin: { denicorn: "bin/denicorn" },
    types: "denicorn.d.ts",
    optionalDependencies: Object.fromEntries(targets.map((target) => [packageName(target), version])),
  }, `${root}/scripts/npm/denicorn.sh`);
  await Deno.copyFile(`${root}/README.md`, `${dir}/README.md`);
  await Deno.writeTextFile(`${dir}/denicorn.d.ts`, types());
}

/**
 * What `denicorn types` writes, as a module: where a project has its own file of that, which declares the same once more,
 * the compiler takes that one.
 */
function types(): string {
  const lines = renderDeclarations().trimEnd().split("\n");
  const body = lines.slice(lines.indexOf('declare module "denicorn" {') + 1, -1);
  return `// The module \`denicorn\`, as \`denicorn types\` declares it.\n\n${
    body.map((line) => line.replace(/^ {2}/, "")).join("\n")
  }\n`;
}

/** Writes the package with the executable `binary`, and `THIRD_PARTY_LICENSES`, into the folder `dir`. */
export async function writeTargetPackage(
  dir: string,
  target: Target,
  version: string,
  binary: string,
  licenses: string,
): Promise<void> {
  await writePackage(dir, {
    name: packageName(target),
    version,
    description: `The executable of Denicorn for ${target}`,
    ...common,
    os: ["linux"],
    cpu: [target.replace("linux-", "")],
    libc: ["glibc"],
  }, binary);
  await Deno.writeTextFile(`${dir}/${licensesFile}`, licenses);
}

export function packageName(target: Target): string {
  return `denicorn-${target}`;
}

async function writePackage(dir: string, manifest: Record<string, unknown>, program: string): Promise<void> {
  await Deno.mkdir(`${dir}/bin`, { recursive: true });
  await Deno.writeTextFile(`${dir}/package.json`, `${JSON.stringify(manifest, null, 2)}\n`);
  await Deno.copyFile(program, `${dir}/bin/denicorn`);
  await Deno.chmod(`${dir}/bin/denicorn`, 0o755);
  await Deno.copyFile(`${root}/LICENSE`, `${dir}/LICENSE`);
}
