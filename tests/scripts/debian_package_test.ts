/** The package for Debian, by its fields and files; tests/integration/debian_package_test.ts installs it. */

import { debianFile, glibcOf, writeDebianPackage } from "../../scripts/debian_package.ts";
import { BuildError } from "../../scripts/workspace.ts";
import { assert, assertEquals, assertMatch, assertThrows } from "../assert.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

function output(program: string, args: readonly string[]): string {
  const { success, stdout, stderr } = new Deno.Command(program, { args: [...args] }).outputSync();
  assert(success, `${program} ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout);
}

function isMissing(program: string): boolean {
  try {
    return !new Deno.Command(program, { args: ["--version"] }).outputSync().success;
  } catch {
    return true;
  }
}

const lacksDpkg = isMissing("dpkg-deb") || isMissing("dpkg");

/** Calls `use` with the path of a package of `version`, and with the folder it is unpacked in. */
async function withPackage(version: string, use: (file: string, folder: string) => void): Promise<void> {
  const folder = Deno.makeTempDirSync({ prefix: "denicorn-test-" });
  try {
    const binary = `${folder}/denicorn`;
    Deno.writeFileSync(binary, bytes("\0GLIBC_2.27\0GLIBC_2.9\0"));
    const file = `${folder}/${debianFile("linux-x64", version)}`;
    await writeDebianPackage(file, {
      ...{
        target: "linux-x64",
        version,
        date: "1760000000",
        manPage: "",
        binary,
        parties: [],
        compression: "none",
      },
    });
    output("dpkg-deb", ["--extract", file, `${folder}/root`]);
    use(file, `${folder}/root`);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

Deno.test({
  name:
    "the Debian package of a release candidate is older than that of the release, wherever its version is",
  ignore: lacksDpkg,
  async fn() {
    await withPackage("1.2.0-rc.1", (file, root) => {
      assertMatch(file, /\/denicorn_1\.2\.0~rc\.1-1_amd64\.deb$/);
      const version = output("dpkg-deb", ["--field", file, "Version"]).trim();
      assertEquals(version, "1.2.0~rc.1-1");
      output("dpkg", ["--compare-versions", version, "lt", "1.2.0-1"]);
      const changelog = output("gzip", ["-dc", `${root}/usr/share/doc/denicorn/changelog.Debian.gz`]);
      assertMatch(changelog, /^denicorn \(1\.2\.0~rc\.1-1\) unstable;/);
    });
  },
});

Deno.test("the file of the Debian package of a release has its version as it is", () => {
  assertEquals(debianFile("linux-arm64", "1.2.0"), "denicorn_1.2.0-1_arm64.deb");
  assertEquals(debianFile("linux-arm64", "1.2.0+b-1"), "denicorn_1.2.0+b-1-1_arm64.deb");
});

Deno.test("the oldest C library that an executable runs with is that of its newest symbol", () => {
  assertEquals(glibcOf(bytes("\0GLIBC_2.9\0x\0GLIBC_2.27\0GLIBC_2.2.5\0")), "2.27");
  assertThrows(() => glibcOf(bytes("\x7fELF, static")), BuildError, "cannot find which C library");
});
