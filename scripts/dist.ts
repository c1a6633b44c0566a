/**
 * Creates the release archives in dist/, one per target, and SHA256SUMS for them. The same sources give the same
 * bytes: files are sorted, have no owner, and the date of SOURCE_DATE_EPOCH or otherwise of the last commit.
 */
import { createHash } from "node:crypto";
import { build } from "./build.ts";
import { manPage } from "./man_page.ts";
import { type Target, targets } from "./target.ts";
import { BuildError, distDir, root, run, runScript, withTempDir } from "./workspace.ts";

const documents = ["README.md", "LICENSE", "CHANGELOG.md"];

async function archive(target: Target, version: string, epoch: string, page: string): Promise<string> {
  const name = `denicorn-${version}-${target}`;
  const file = `${name}.tar.gz`;
  await withTempDir(async (dir) => {
    await Deno.mkdir(`${dir}/${name}`);
    await build(target, `${dir}/${name}/denicorn`);
    for (const document of documents) {
      await Deno.copyFile(`${root}/${document}`, `${dir}/${name}/${document}`);
    }
    await Deno.writeTextFile(`${dir}/${name}/denicorn.1`, page);
    const unowned = ["--sort=name", "--owner=0", "--group=0", "--numeric-owner", `--mtime=@${epoch}`];
    await run("tar", ["-C", dir, ...unowned, "--mode=u+w,go-w", "-cf", `${dir}/archive.tar`, name]);
    await run("gzip", ["--no-name", `${dir}/archive.tar`]);
    await Deno.rename(`${dir}/archive.tar.gz`, `${distDir}/${file}`);
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
  await Deno.mkdir(distDir, { recursive: true });
  const { version } = JSON.parse(await Deno.readTextFile(`${root}/deno.json`)) as { version: string };
  const epoch = await sourceDate();
  const page = manPage(new Date(Number(epoch) * 1000).toISOString().slice(0, 10));
  const sums: string[] = [];
  for (const target of targets) {
    const file = await archive(target, version, epoch, page);
    const { size } = await Deno.stat(`${distDir}/${file}`);
    sums.push(`${await sha256(file)}  ${file}\n`);
    console.log(`${target}: dist/${file}, ${(size / 1e6).toFixed(0)} MB`);
  }
  await Deno.writeTextFile(`${distDir}/SHA256SUMS`, sums.join(""));
}

if (import.meta.main) await runScript(main);
