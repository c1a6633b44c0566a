/** The package for Debian and Ubuntu: program, manual, completions, and a unit that serves any number of apps. */

import { gzipSync } from "node:zlib";
import { renderCompletions, type Shell } from "../src/cli/completions.ts";
import { commands } from "../src/cli/commands.ts";
import type { BundledPackage } from "./bundled_packages.ts";
import { debianCopyright } from "./debian_copyright.ts";
import { debianUnit } from "./debian_unit.ts";
import { FileTree } from "./file_tree.ts";
import { platforms, type Target } from "./target.ts";
import { licensesFile, renderLicenses } from "./third_party_licenses.ts";
import { BuildError, root, run, withTempDir } from "./workspace.ts";

export interface DebianOptions {
  readonly target: Target;
  readonly version: string;
  /** Seconds since 1970, for all files. */
  readonly date: string;
  readonly manPage: string;
  readonly binary: string;
  /** Whose code is in the executable. */
  readonly parties: readonly BundledPackage[];
  /** As `dpkg-deb -Z` takes it. */
  readonly compression?: "gzip" | "none";
}

/** The name of the package's file. */
export function debianFile(target: Target, version: string): string {
  return `denicorn_${debianVersion(version)}_${platforms[target].debian}.deb`;
}

/** A version of npm as Debian orders it: `~` makes a pre-release older than its release, `-` would make it newer. */
function debianVersion(version: string): string {
  return `${version.replace(/^([^-+]*)-/, "$1~")}-1`;
}

/** Writes the package as `file`. Throws BuildError where dpkg-deb is missing. */
export async function writeDebianPackage(file: string, options: DebianOptions): Promise<void> {
  const { target, version, date, manPage, binary, parties, compression = "gzip" } = options;
  const own = (path: string) => Deno.readTextFile(`${root}/${path}`);
  await withTempDir(async (dir) => {
    const files = new FileTree(dir);
    const program = await Deno.readFile(binary);
    await files.write("usr/bin/denicorn", program, 0o755);
    await files.write("usr/lib/systemd/system/denicorn@.service", await debianUnit());
    await files.write("etc/default/denicorn", await own("scripts/debian/default"));
    for (const [shell, path] of Object.entries(completionFiles)) {
      await files.write(path, renderCompletions(shell as Shell, commands));
    }
    await files.write("usr/share/man/man1/denicorn.1.gz", zipped(manPage));
    const doc = "usr/share/doc/denicorn";
    await files.write(`${doc}/copyright`, debianCopyright(await own("LICENSE"), parties));
    await files.write(`${doc}/${licensesFile}.gz`, zipped(renderLicenses(parties)));
    await files.write(`${doc}/changelog.gz`, zipped(await own("CHANGELOG.md")));
    await files.write(`${doc}/changelog.Debian.gz`, zipped(changelog(version, date)));

    await files.write("DEBIAN/control", control(target, version, glibcOf(program), files.kibibytes));
    await files.write("DEBIAN/conffiles", "/etc/default/denicorn\n");
    for (const name of ["postinst", "prerm", "postrm"]) {
      await files.write(`DEBIAN/${name}`, await own(`scripts/debian/${name}`), 0o755);
    }
    const args = [
      "--root-owner-group",
      "--uniform-compression",
      `-Z${compression}`,
      "-z6",
      "--build",
      dir,
      file,
    ];
    await run("dpkg-deb", args, { SOURCE_DATE_EPOCH: date });
  });
}

const completionFiles: Readonly<Record<Shell, string>> = {
  bash: "usr/share/bash-completion/completions/denicorn",
  zsh: "usr/share/zsh/vendor-completions/_denicorn",
  fish: "usr/share/fish/vendor_completions.d/denicorn.fish",
};

/** Without a name and a date, as Debian wants it. */
function zipped(text: string): Uint8Array {
  return gzipSync(text, { level: 9 });
}

/**
 * The oldest version of the C library that has all symbols that an executable needs. Throws BuildError if it needs none:
 * then it is not one of ours.
 */
export function glibcOf(executable: Uint8Array): string {
  const text = new TextDecoder("latin1").decode(executable);
  const versions = Array.from(text.matchAll(/\0GLIBC_2\.(\d+)(?=\0)/g), ([, minor]) => Number(minor));
  if (versions.length === 0) {
    throw new BuildError(
      "cannot find which C library the executable needs: it names no version of glibc: build it for a target with glibc",
    );
  }
  return `2.${Math.max(...versions)}`;
}

/** Who makes the package is its maintainer: DEBFULLNAME and DEBEMAIL, as for Debian's own programs. */
function maintainer(): string {
  const name = Deno.env.get("DEBFULLNAME") ?? "the Denicorn authors";
  return `${name} <${Deno.env.get("DEBEMAIL") ?? "root@localhost"}>`;
}

function control(target: Target, version: string, glibc: string, size: number): string {
  return `Package: denicorn
Version: ${debianVersion(version)}
Architecture: ${platforms[target].debian}
Maintainer: ${maintainer()}
Installed-Size: ${size}
Depends: libc6 (>= ${glibc}), libgcc-s1 | libgcc1
Section: httpd
Priority: optional
Description: pre-fork HTTP application server for Deno
 Runs an app with a fetch handler, or a server for Node.js, in several
 processes that share one port: starts and replaces them, scales them, and
 reloads the app without losing a request. The package has one executable,
 with its runtime in it, and a systemd unit for any number of apps.
`;
}

function changelog(version: string, date: string): string {
  const when = new Date(Number(date) * 1000).toUTCString().replace("GMT", "+0000");
  return `denicorn (${debianVersion(version)}) unstable; urgency=medium

  * Denicorn ${version}: see changelog.gz.

 -- ${maintainer()}  ${when}
`;
}
