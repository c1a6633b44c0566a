/**
 * Creates a release in dist/: an archive per target, packages for Debian and npm, sbom.json, and SHA256SUMS for all of them. The same sources
 * give the same bytes: files are sorted, have no owner, and the date of SOURCE_DATE_EPOCH or otherwise of the last commit.
 */
import { createHash } from "node:crypto";
import { writeArchive } from "./archive.ts";
import { build } from "./build.ts";
import type { BundledPackage } from "./bundled_packages.ts";
import { debianFile, writeDebianPackage } from "./debian_package.ts";
import { manPage } from "./man_page.ts";
import { packageName, writeCommandPackage, writeTargetPackage } from "./npm_packages.ts";
import { type Contents, sbom } from "./sbom.ts";
import { type Target, targets } from "./target.ts";
import { licensesFile, renderLicenses, thirdParties } from "./third_party_licenses.ts";
import { BuildError, distDir, root, run, runScript, withTempDir } from "./workspace.ts";

interface Release {
  readonly version: string;
  /** Seconds since 1970. */
  readonly date: string;
  readonly manPage: string;
}

const documents = ["README.md", "LICENSE", "CHANGELOG.md"];

/** Writes what has the executable for a target, and returns what is in it, and the names of the files in dist/. */
async function releaseTarget(
  target: Target,
  release: Release,
): Promise<{ contents: Contents; files: readonly string[] }> {
  return await withTempDir(async (dir) => {
    const binary = `${dir}/denicorn`;
    const contents = await build(target, binary);
    const parties = await thirdParties(contents);
    const licenses = renderLicenses(parties);
    const files = [
      await archive(target, release, binary, licenses),
      await debianPackage(target, release, binary, parties),
      await npmPackage(
        packageName(target),
        release,
        (dir) => writeTargetPackage(dir, target, release.version, binary, licenses),
      ),
    ];
    return { contents, files };
  });
}

async function archive(
  target: Target,
  release: Release,
  binary: string,
  licenses: string,
): Promise<string> {
  const name = `denicorn-${release.version}-${target}`;
  const file = `${name}.tar.gz`;
  await withTempDir(async (dir) => {
    await Deno.mkdir(`${dir}/${name}`);
    await Deno.copyFile(binary, `${dir}/${name}/denicorn`);
    for (const document of documents) {
      await Deno.copyFile(`${root}/${document}`, `${dir}/${name}/${document}`);
    }
    await Deno.writeTextFile(`${dir}/${name}/${licensesFile}`, licenses);
    await Deno.writeTextFile(`${dir}/${name}/denicorn.1`, release.manPage);
    await writeArchive(`${distDir}/${file}`, dir, name, release);
  });
  return file;
}

async function debianPackage(
  target: Target,
  release: Release,
  binary: string,
  parties: readonly BundledPackage[],
): Promise<string> {
  const file = debianFile(target, release.version);
  await writeDebianPackage(`${distDir}/${file}`, { target, binary, parties, ...release });
  return file;
}

/** `npm pack` compresses for half a minute, and not to the same bytes in each version. */
async function npmPackage(
  name: string,
  release: Release,
  write: (dir: string) => Promise<void>,
): Promise<string> {
  const file = `npm/${name}-${release.version}.tgz`;
  await withTempDir(async (dir) => {
    await write(`${dir}/package`);
    await writeArchive(`${distDir}/${file}`, dir, "package", release);
  });
  return file;
}

async function sha256(file: string): Promise<string> {
  return createHash("sha256").update(await Deno.readFile(`${distDir}/${file}`)).digest("hex");
}

async function requireDocuments(): Promise<void> {
  for (const document of documents) {
    await Deno.stat(`${root}/${document}`).catch(() => {
      throw new BuildError(`cannot create the archives: ${document} is missing`);
    });
  }
}

async function sourceDate(): Promise<string> {
  return Deno.env.get("SOURCE_DATE_EPOCH") ?? await run("git", ["log", "-1", "--format=%ct"]);
}

async function main(): Promise<void> {
  await requireDocuments();
  await Deno.mkdir(`${distDir}/npm`, { recursive: true });
  const { version } = JSON.parse(await Deno.readTextFile(`${root}/deno.json`)) as { version: string };
  const date = await sourceDate();
  const page = manPage(new Date(Number(date) * 1000).toISOString().slice(0, 10));
  const release = { version, date, manPage: page };

  const files: string[] = [];
  const contents: Contents[] = [];
  for (const target of targets) {
    const released = await releaseTarget(target, release);
    contents.push(released.contents);
    files.push(...released.files);
  }
  files.push(await npmPackage("denicorn", release, (dir) => writeCommandPackage(dir, version)));
  const lock = JSON.parse(await Deno.readTextFile(`${root}/deno.lock`));
  const list = JSON.stringify(sbom(version, date, contents, lock), null, 2);
  await Deno.writeTextFile(`${distDir}/sbom.json`, `${list}\n`);
  files.push("sbom.json");
  let sums = "";
  for (const file of files) {
    sums += `${await sha256(file)}  ${file}\n`;
    const { size } = await Deno.stat(`${distDir}/${file}`);
    console.log(`dist/${file}, ${(size / 1e6).toFixed(1)} MB`);
  }
  await Deno.writeTextFile(`${distDir}/SHA256SUMS`, sums);
}

if (import.meta.main) await runScript(main);
