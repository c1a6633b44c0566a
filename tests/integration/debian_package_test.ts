/** The package of `make dist` for Debian, installed into a folder as its root, and removed. */

import { writeDebianPackage } from "../../scripts/debian_package.ts";
import { manPage } from "../../scripts/man_page.ts";
import { hostTarget } from "../../scripts/target.ts";
import { version } from "../../src/core/version.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../assert.ts";
import { notInThisProgram, type Target, type TestHost, testOnOneTarget } from "./harness.ts";

const text = new TextDecoder();

async function output(program: string, args: readonly string[]): Promise<string> {
  const PATH = `${Deno.env.get("PATH")}:/usr/sbin:/sbin`;
  const command = new Deno.Command(program, { args: [...args], env: { PATH, LC_ALL: "C" } });
  const { success, stdout, stderr } = await command.output();
  assert(success, `${program} ${args.join(" ")}: ${text.decode(stderr)}`);
  return text.decode(stdout);
}

async function lackingDpkg(): Promise<string | null> {
  if (hostTarget === undefined) return "no package is for this machine";
  try {
    await output("dpkg-deb", ["--version"]);
    await output("dpkg", ["--version"]);
    return null;
  } catch {
    return "dpkg is missing";
  }
}

const missing = await lackingDpkg();
const lacking = (target: Target) => target.name === "source" ? notInThisProgram : missing;

/** dpkg with a root and a database of the test. */
function dpkg(host: TestHost, ...args: string[]): Promise<string> {
  const own = ["--force-not-root", "--force-script-chrootless", "--force-depends", "--force-bad-path"];
  return output("dpkg", [`--root=${host.folder}/root`, `--log=${host.folder}/log`, ...own, ...args]);
}

/** All files and links below, but dpkg's own. */
async function filesIn(folder: string): Promise<string[]> {
  const found = await output("find", [
    folder,
    "-path",
    `${folder}/var`,
    "-prune",
    "-o",
    "-not",
    "-type",
    "d",
    "-print",
  ]);
  return found.split("\n").filter((line) => line !== "").map((line) => line.slice(folder.length)).sort();
}

testOnOneTarget("the Debian package installs what it should, and leaves nothing behind", async (host) => {
  const file = `${host.folder}/denicorn.deb`;
  await writeDebianPackage(file, {
    target: hostTarget!,
    version,
    date: "1760000000",
    manPage: manPage("2025-10-09"),
    binary: host.target.command[0]!,
    parties: [{ name: "hono", version: "4.0.0", license: "MIT", notices: ["Copyright 2021 Someone"] }],
    compression: "none",
  });
  for (const line of (await output("dpkg-deb", ["--contents", file])).trimEnd().split("\n")) {
    assertMatch(line, /^(drwxr-xr-x|-rw-r--r--|-rwxr-xr-x) root\/root +\d+ 2025-10-09 /);
  }
  const [, glibc] = /libc6 \(>= (2\.\d+)\)/.exec(await output("dpkg-deb", ["--field", file, "Depends"]))!;
  const page = Deno.readTextFileSync(new URL("../../docs/installing.md", import.meta.url));
  assertStringIncludes(page.replaceAll(/\s+/g, " "), `glibc ${glibc} or later`);

  const folder = `${host.folder}/root`;
  for (const name of ["updates", "info", "triggers"]) {
    Deno.mkdirSync(`${folder}/var/lib/dpkg/${name}`, { recursive: true });
  }
  for (const name of ["status", "available"]) Deno.writeTextFileSync(`${folder}/var/lib/dpkg/${name}`, "");

  await dpkg(host, "--install", file);
  assertStringIncludes(await dpkg(host, "--status", "denicorn"), "Status: install ok installed");
  assertEquals(await filesIn(folder), [
    "/etc/default/denicorn",
    "/usr/bin/denicorn",
    "/usr/lib/systemd/system/denicorn@.service",
    "/usr/share/bash-completion/completions/denicorn",
    "/usr/share/doc/denicorn/THIRD_PARTY_LICENSES.gz",
    "/usr/share/doc/denicorn/changelog.Debian.gz",
    "/usr/share/doc/denicorn/changelog.gz",
    "/usr/share/doc/denicorn/copyright",
    "/usr/share/fish/vendor_completions.d/denicorn.fish",
    "/usr/share/man/man1/denicorn.1.gz",
    "/usr/share/zsh/vendor-completions/_denicorn",
  ]);
  const { stdout } = await host.run(["--version"]);
  assertEquals(await output(`${folder}/usr/bin/denicorn`, ["--version"]), stdout);

  // As an administrator has changed it: it stays when the package is removed, and goes when it is purged.
  Deno.writeTextFileSync(`${folder}/etc/default/denicorn`, "DENICORN_WORKERS=2\n");
  Deno.mkdirSync(`${folder}/etc/systemd/system/multi-user.target.wants`, { recursive: true });
  Deno.symlinkSync("/nowhere", `${folder}/etc/systemd/system/multi-user.target.wants/denicorn@shop.service`);
  await dpkg(host, "--remove", "denicorn");
  assertEquals((await filesIn(folder)).filter((name) => !name.startsWith("/etc/systemd/")), [
    "/etc/default/denicorn",
  ]);
  await dpkg(host, "--purge", "denicorn");
  assertEquals(await filesIn(folder), []);
  assertEquals(Array.from(Deno.readDirSync(`${folder}/var/lib/dpkg/info`), ({ name }) => name), ["format"]);
}, lacking);
